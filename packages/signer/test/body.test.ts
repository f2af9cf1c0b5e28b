import { createHash } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { API, testSigner } from './fixtures.ts';

function payloadHash({ canonicalRequest }: { canonicalRequest: string }): string | undefined {
  return canonicalRequest.split('\n').at(-1);
}

test.each([
  ['nothing', undefined],
  ['an empty string', ''],
  ['text', 'grüße 😀 \uD800'],
  ['bytes', new Uint8Array([0, 255, 128])],
  ['a view into a larger buffer', new Uint8Array([1, 2, 3, 4, 5, 6]).subarray(2, 4)],
  ['a Buffer', Buffer.from('abc')],
])('%s is hashed as it is sent', async (_name, body) => {
  const signed = await testSigner().sign({ method: 'POST', url: API, body });
  const sent = typeof body === 'string' ? new TextEncoder().encode(body) : (body ?? '');
  expect(payloadHash(signed)).toBe(createHash('sha256').update(sent).digest('hex'));
  expect(signed.body).toBe(body);
});

test.each([
  ['a stream', new ReadableStream(), /got ReadableStream/],
  ['an object', { a: 1 }, /got Object/],
  ['a Blob', new Blob(['x']), /got Blob/],
  ['an ArrayBuffer', new ArrayBuffer(2), /got ArrayBuffer/],
  ['a number', 7, /got Number/],
])('%s has no bytes to sign and is refused', async (_name, body, message) => {
  await expect(
    testSigner().sign({ method: 'POST', url: API, body: body as never }),
  ).rejects.toMatchObject({
    code: 'ERR_SIGV4_BODY',
    message: expect.stringMatching(message),
  });
});

describe('a large body', () => {
  const MIB = 1_048_576;

  test.each<[string, Uint8Array | string]>([
    ['bytes', new Uint8Array(5 * MIB + 7).fill(65)],
    ['a view', new Uint8Array(4 * MIB).fill(66).subarray(3, 3 * MIB)],
    ['text', `x${'€'.repeat(MIB)}`],
    // The first character moves every pair across the ends of slices.
    ['text of two halves each', `x${'😀'.repeat(MIB)}`],
    ['text with halves alone', `${'\uD800'.repeat(MIB)}x`],
    ['text that ends within', '😀'.repeat(MIB / 2)],
  ])('%s is hashed in slices, as in one go', async (_name, body) => {
    const signed = await testSigner().sign({ method: 'PUT', url: API, body });
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    expect(payloadHash(signed)).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(signed.body).toBe(body);
  });

  test('leaves others their turn', async () => {
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns += 1;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await testSigner().sign({ method: 'PUT', url: API, body: new Uint8Array(16 * MIB) });
    done = true;
    expect(turns).toBeGreaterThanOrEqual(16);
  });
});
