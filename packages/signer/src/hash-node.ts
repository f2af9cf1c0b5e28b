import type { KeyObject } from 'node:crypto';

import type { Hash } from './hash.ts';

// An import would also load what only WebCrypto needs: an eighth of the module's time.
const {
  createHash,
  createHmac,
  createSecretKey,
  hash: digest,
} = process.getBuiltinModule('node:crypto');

/** What is larger is hashed in slices of this many bytes (or characters), with a turn of the event loop between. */
const SLICE = 524_288;

/** The hashes of node:crypto: synchronous, so that a signature costs no trip through the event loop. */
export const hash: Hash<KeyObject> = {
  sha256Hex: (data) => (data.length <= SLICE ? digest('sha256', data, 'hex') : hashInSlices(data)),
  // Some releases of Node look a raw key up anew for each HMAC, at eight times the cost.
  importKey: (raw) => createSecretKey(raw),
  hmac: (key, data) => createHmac('sha256', key).update(data).digest(),
  hmacHex: (key, data) => createHmac('sha256', key).update(data, 'utf8').digest('hex'),
};

/** As fast as in one go, but others get their turn, and a string is not encoded as a whole. */
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

/** Never between the two halves of a character. */
function endOfSlice(data: Uint8Array | string, end: number): number {
  if (typeof data !== 'string' || end >= data.length) return end;
  const code = data.charCodeAt(end - 1);
  return code >= 0xd800 && code <= 0xdbff ? end + 1 : end;
}
