import { knownToCopies } from '@sigv4/signer/client';

import { ownValue } from './own-fields.ts';

export interface CredentialsErrorOptions {
  readonly recoverable: boolean;
  readonly cause?: unknown;
  readonly requestId?: string | undefined;
  readonly roleArn?: string | undefined;
}

/**
 * There are no credentials to be had. The message says from where, why, and what to do next. It
 * never holds a secret.
 */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
  /**
   * STS's own code (`AccessDenied`, `ExpiredToken`, …) where STS answered, else `NetworkError`,
   * `Timeout`, `MalformedAnswer`, `ExpiredAnswer`, `NoToken`, `NoCredentials` or `NotInstalled`.
   */
  readonly code: string;
  /** Whether asking again later may help. If so, a cache keeps what it has; if not, it throws the error. */
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
knownToCopies(CredentialsError, '@sigv4: CredentialsError');
