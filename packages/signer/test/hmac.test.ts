import { createHmac, randomBytes } from 'node:crypto';

import { expect, test } from 'vitest';

import { hash as nodeHash } from '../src/platform/hash-node.ts';
import { hash as webHash } from '../src/platform/hash-web.ts';

const TEXTS = [
  '',
  'a',
  'ü€😀',
  '\ud800',
  'x'.repeat(63),
  'x'.repeat(64),
  'y'.repeat(64),
  'z'.repeat(5000),
];

test.each([
  ['node:crypto', nodeHash],
  ['WebCrypto', webHash],
] as const)(
  'HMAC-SHA-256 by %s is that of OpenSSL, whatever one key hashed before',
  async (_, hash) => {
    for (const size of [1, 32, 64, 65, 300]) {
      const raw = randomBytes(size);
      const key = await hash.importKey(raw);
      // Long after short, short after long, and again.
      for (const text of [...TEXTS, ...TEXTS.toReversed()]) {
        const expected = createHmac('sha256', raw).update(text, 'utf8').digest('hex');
        expect(await hash.hmacHex(key as never, text)).toBe(expected);
      }
    }
  },
);
