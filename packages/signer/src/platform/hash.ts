/** A value now, or a promise of it: Node hashes at once, WebCrypto does not. */
export type Awaitable<T> = T | Promise<T>;

/** What a signature needs of a platform's cryptography. `#hash` is the one for this platform. */
export interface Hash<Key = unknown> {
  /** SHA-256 in lower-case hexadecimal; a string means its UTF-8 bytes. */
  sha256Hex(data: Uint8Array | string): Awaitable<string>;
  /** A key for {@link hmacHex}, from the raw bytes that `hmac` gives. */
  importKey(raw: Uint8Array): Awaitable<Key>;
  /** HMAC-SHA-256. */
  hmac(key: Uint8Array | string, data: Uint8Array | string): Awaitable<Uint8Array>;
  /** HMAC-SHA-256 in lower-case hexadecimal. */
  hmacHex(key: Key, data: string): Awaitable<string>;
}
