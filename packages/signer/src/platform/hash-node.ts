import type { Hash } from './hash.ts';

// An import would also load what only WebCrypto needs: an eighth of the module's time.
const { createHash, hash: digest } = process.getBuiltinModule('node:crypto');
// Jest's jsdom has no global one, and where timers are faked, that one never calls back.
const { setImmediate } = process.getBuiltinModule('node:timers');

/**
 * Larger data is hashed in slices of so many bytes (or characters), with a turn of the event loop
 * between.
 */
const SLICE = 524_288;

/** The sizes of SHA-256's block and digest, in bytes. */
const BLOCK = 64;
const DIGEST = 32;

/** A key as HMAC uses it, twice padded. Behind it stands what is hashed together with it. */
interface PaddedKey {
  inner: Buffer;
  readonly outer: Buffer;
}

/** The hashes of node:crypto: synchronous, so that a signature costs no trip through the event loop. */
export const hash: Hash<PaddedKey> = {
  sha256Hex: (data) => (data.length <= SLICE ? digest('sha256', data, 'hex') : hashInSlices(data)),
  importKey,
  hmac: (key, data) => Buffer.from(hmacHex(importKey(key), data), 'hex'),
  hmacHex,
};

function importKey(raw: Uint8Array | string): PaddedKey {
  const bytes = Buffer.from(raw);
  const key = bytes.length > BLOCK ? digest('sha256', bytes, 'buffer') : bytes;
  const padded = (pad: number, length: number): Buffer => {
    const block = Buffer.alloc(length);
    for (let at = 0; at < BLOCK; at += 1) block[at] = (key[at] ?? 0) ^ pad;
    return block;
  };
  return { inner: padded(0x36, BLOCK), outer: padded(0x5c, BLOCK + DIGEST) };
}

/** RFC 2104 as it is written: a Hmac object takes more than twice the time of two plain hashes. */
function hmacHex(key: PaddedKey, data: Uint8Array | string): string {
  const length = BLOCK + Buffer.byteLength(data);
  // The strings that one key signs nearly always have the same length.
  if (key.inner.length !== length) {
    key.inner = Buffer.concat([key.inner.subarray(0, BLOCK)], length);
  }
  if (typeof data === 'string') key.inner.write(data, BLOCK);
  else key.inner.set(data, BLOCK);
  key.outer.write(digest('sha256', key.inner, 'binary'), BLOCK, 'binary');
  return digest('sha256', key.outer, 'hex');
}

/** This is as fast as one go, but others get a turn, and a string is not encoded as a whole. */
async function hashInSlices(data: Uint8Array | string): Promise<string> {
  const hashing = createHash('sha256');
  for (let at = 0; at < data.length;) {
    const end = endOfSlice(data, at + SLICE);
    hashing.update(typeof data === 'string' ? data.slice(at, end) : data.subarray(at, end));
    at = end;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return hashing.digest('hex');
}

/** A slice never ends between the two halves of a character. */
function endOfSlice(data: Uint8Array | string, end: number): number {
  if (typeof data !== 'string' || end >= data.length) return end;
  const code = data.charCodeAt(end - 1);
  return code >= 0xd800 && code <= 0xdbff ? end + 1 : end;
}
