/** A key as the verifying side knows it. */
export interface KnownKey {
  readonly secretAccessKey: string;
  /** Of temporary credentials: the token that belongs to this key. */
  readonly sessionToken?: string | undefined;
  /** When the session ends, ms since the epoch. */
  readonly expiresAt?: number | undefined;
}
