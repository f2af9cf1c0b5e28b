/** What went wrong, stable across releases. */
export type SigV4ErrorCode =
  /** Credentials that lack a field, or hold one that no HTTP header can carry. */
  | 'ERR_SIGV4_CREDENTIALS'
  /** The region is neither named, nor in the host name, nor in AWS_REGION. */
  | 'ERR_SIGV4_REGION'
  /** A URL that cannot be signed: not absolute, not http(s), or with user and password. */
  | 'ERR_SIGV4_URL'
  /** http: to a host that is not this machine. */
  | 'ERR_SIGV4_INSECURE'
  /** A redirect that leaves the origin, cannot be read, or is one too many. */
  | 'ERR_SIGV4_REDIRECT'
  /** A body that has no bytes to sign, or a stream that has too many. */
  | 'ERR_SIGV4_BODY';

/**
 * A request that was not sent, or not sent again, because it could not be signed safely.
 * The message says which field is at fault and what to do; it never holds a secret.
 * Misuse of the API itself (a wrong option) is a plain `TypeError`.
 */
export class SigV4Error extends Error {
  override readonly name = 'SigV4Error';
  readonly code: SigV4ErrorCode;

  constructor(code: SigV4ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
