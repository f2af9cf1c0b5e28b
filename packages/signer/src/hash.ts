/** A value now, or a promise of it: Node hashes at once, WebCrypto does not. */
export type Awaitable<T> = T | Promise<T>;

/** Goes on with a value as soon as it is there: without a turn of the event loop if it is there now. */
export function after<T, Result>(
  value: Awaitable<T>,
  next: (value: T) => Awaitable<Result>,
): Awaitable<Result> {
  // oxlint-disable-next-line promise/no-callback-in-promise -- it is none of Node's callbacks
  return isPromise(value) ? value.then(next) : next(value);
}

/**
 * Not by `instanceof`: zone.js, Bluebird and others put their own in the place of the global
 * Promise, but async functions go on giving the engine's.
 */
export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof (value as Partial<Promise<T>> | null | undefined)?.then === 'function';
}

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
