import { ownValue } from './option-table.ts';

export interface CredentialsErrorOptions {
  readonly recoverable: boolean;
  readonly cause?: unknown;
  readonly requestId?: string | undefined;
  readonly roleArn?: string | undefined;
}

/**
 * Credentials could not be had. The message says from where, why, and what to do next; it never
 * holds a secret.
 */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
  /**
   * STS's own code (`AccessDenied`, `ExpiredToken`, …) where STS answered, else `NetworkError`,
   * `Timeout`, `MalformedAnswer`, `ExpiredAnswer`, `NoToken`, `NoCredentials` or `NotInstalled`.
   */
  readonly code: string;
  /** Whether asking again later may help. A cache throws the others, and keeps what it has for these. */
  readonly recoverable: boolean;
  /** STS's id of the request, for AWS's support and CloudTrail. */
  readonly requestId: string | undefined;
  /** The role that was to be assumed. */
  readonly roleArn: string | undefined;

  constructor(code: string, message: string, options: CredentialsErrorOptions) {
    const cause = ownValue(options, 'cause');
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.recoverable = options.recoverable;
    this.requestId = ownValue(options, 'requestId');
    this.roleArn = ownValue(options, 'roleArn');
  }
}
