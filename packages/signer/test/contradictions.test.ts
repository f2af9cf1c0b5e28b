import assert from 'node:assert/strict';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { testSigner } from './fixtures.ts';

// What docs/conformance.md says of the cases in which AWS's own implementations sign differently.

const HOST = 'https://abc123.execute-api.eu-west-1.amazonaws.com';
const BUCKET = 'https://bucket.s3.eu-west-1.amazonaws.com';

test.each([
  ['empty segments', `${HOST}/a//b`, '/a//b', '/a/b', ''],
  ['empty segments of a key', `${BUCKET}/a//b`, '/a//b', '/a//b', ''],
  ['dot segments', `${HOST}/a/./%2e%2E/b`, '/b', '/b', ''],
  ['a path not yet encoded', `${HOST}/a é*`, '/a%20%C3%A9%2A', '/a%2520%25C3%25A9%252A', ''],
  ['a key not yet encoded', `${BUCKET}/a é*`, '/a%20%C3%A9%2A', '/a%20%C3%A9%2A', ''],
  ['names beyond ASCII', `${HOST}/?a~=1&é=1`, '/?a~=1&%C3%A9=1', '/', '%C3%A9=1&a~=1'],
  ['a plus', `${HOST}/?a=b+c%2B`, '/?a=b%20c%2B', '/', 'a=b%20c%2B'],
  ['other encodings', `${HOST}/?a=%2f/b=c%7e*`, '/?a=%2F%2Fb%3Dc~%2A', '/', 'a=%2F%2Fb%3Dc~%2A'],
  ['repeated names', `${HOST}/?a=2&a=1&a`, '/?a=2&a=1&a', '/', 'a=&a=1&a=2'],
  ['nothing between', `${HOST}/?&a=1&`, '/?a=1', '/', 'a=1'],
])('%s', async (_name, url, sent, path, query) => {
  const signed = await testSigner().sign({ method: 'GET', url });
  expect(signed.url).toBe(new URL(url).origin + sent);
  expect(signed.canonicalRequest.split('\n').slice(0, 3)).toEqual(['GET', path, query]);
});

test.each([
  ['repeated ones', ['b', 'a'], 'b,a', 'b,a'],
  ['tabs', ['a \t b'], 'a \t b', 'a b'],
  ['spaces in quotes', ['"a   b"'], '"a   b"', '"a b"'],
])('headers: %s', async (_name, values, sent, signedAs) => {
  const signed = await testSigner().sign({
    method: 'GET',
    url: HOST,
    headers: { 'x-amz-meta-a': values },
  });
  expect(signed.headers['x-amz-meta-a']).toBe(sent);
  expect(signed.canonicalRequest).toContain(`\nx-amz-meta-a:${signedAs}\n`);
});

test('x-amz-* headers of a presigned URL stay headers', async () => {
  const url = await testSigner().presign({
    method: 'GET',
    url: HOST,
    headers: { 'x-amz-meta-a': '1' },
  });
  expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host;x-amz-meta-a');
  expect(url.searchParams.has('x-amz-meta-a')).toBe(false);
});

test('dot segments where the path is signed as it is are refused', async () => {
  for (const [url, options] of [
    [`${BUCKET}/a/../b`, {}],
    [`${HOST}/a/%2e/b`, { normalizePath: false }],
  ] as const) {
    await expect(testSigner(options).sign({ method: 'GET', url })).rejects.toMatchObject({
      code: 'ERR_SIGV4_URL',
    });
  }
});

const PIECES = [
  '/',
  '.',
  '..',
  '%2e',
  '%2E',
  'a',
  '\\',
  '?',
  '#',
  '\t',
  '\n',
  ' ',
  '\0',
  '\u001f',
  '\u2028',
  'é',
];

test('dot segments are found where the URL parser finds them', async () => {
  const signer = testSigner({ normalizePath: false });
  let count = 0;
  const property = fc.asyncProperty(
    fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }),
    async (pieces) => {
      const tail = `/${pieces.join('')}`;
      const withoutDots = (text: string): string => text.replace(/\.|%2e/gi, 'x');
      const hasSegments =
        withoutDots(new URL(HOST + tail).pathname) !== new URL(HOST + withoutDots(tail)).pathname;
      count += hasSegments ? 1 : 0;
      const outcome = await signer.sign({ method: 'GET', url: HOST + tail }).then(
        () => 'signed',
        ({ code }: { code?: string }) => code,
      );
      assert.equal(outcome, hasSegments ? 'ERR_SIGV4_URL' : 'signed');
    },
  );
  await fc.assert(property, { numRuns: 5000 });
  expect(count).toBeGreaterThan(500);
});

test('normalizePath: false signs empty segments', async () => {
  const signer = testSigner({ normalizePath: false });
  const { canonicalRequest } = await signer.sign({ method: 'GET', url: `${HOST}/a//b` });
  expect(canonicalRequest).toMatch(/^GET\n\/a\/\/b\n/);
});
