import { runInNewContext } from 'node:vm';

import { expect, test } from 'vitest';

import { API, testSigner } from './fixtures.ts';

// Test runners and frames have globals of their own: what they make is no instance of ours.

test('bytes of another realm are signed', async () => {
  const bytes = (code: string): Uint8Array => runInNewContext(code) as Uint8Array;
  const signature = async (body: Uint8Array | string): Promise<string> =>
    (await testSigner().sign({ method: 'PUT', url: API, body })).signature;
  expect(await signature(bytes('new Uint8Array([97, 98])'))).toBe(await signature('ab'));
  await expect(signature(bytes('new Uint16Array([97, 98])'))).rejects.toMatchObject({
    code: 'ERR_SIGV4_BODY',
  });
});

test('a URL of another realm is presigned', async () => {
  const url = new URL(API);
  const { href, protocol, host, hostname, pathname, search, username, password } = url;
  const parts = { href, protocol, host, hostname, pathname, search, username, password };
  const foreign = { ...parts, [Symbol.toStringTag]: 'URL' } as unknown as URL;
  expect((await testSigner().presign(foreign)).href).toBe((await testSigner().presign(url)).href);
});
