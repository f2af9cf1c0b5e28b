/** A key as the verifying side knows it. */
export interface KnownKey {
  readonly secretAccessKey: string;
  /** The token that belongs to this key, if the credentials are temporary. */
  readonly sessionToken?: string | undefined;
  /** When the session ends, ms since the epoch. */
  readonly expiresAt?: number | undefined;
}
