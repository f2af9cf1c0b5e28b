/**
 * Credentials could not be had. The message says from where, why, and what to do next; it never
 * holds a secret.
 */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
  /**
   * STS's own code (`AccessDenied`, `ExpiredToken`, …) where STS answered, else `NetworkError`,
   * `MalformedAnswer`, `ExpiredAnswer`, `NoCredentials` or `NotInstalled`.
   */
  readonly code: string;
  /** Whether asking again later may help. */
  readonly recoverable: boolean;

  constructor(code: string, message: string, options: { recoverable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.recoverable = options.recoverable;
  }
}
