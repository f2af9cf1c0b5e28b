import { createHmac, createSecretKey, hash as digest, type KeyObject } from 'node:crypto';

import type { Hash } from './hash.ts';

/** The hashes of node:crypto: synchronous, so that a signature costs no trip through the event loop. */
export const hash: Hash<KeyObject> = {
  sha256Hex: (data) => digest('sha256', data, 'hex'),
  // Some releases of Node look a raw key up anew for each HMAC, at eight times the cost.
  importKey: (raw) => createSecretKey(raw),
  hmac: (key, data) => createHmac('sha256', key).update(data).digest(),
  hmacHex: (key, data) => createHmac('sha256', key).update(data, 'utf8').digest('hex'),
};
