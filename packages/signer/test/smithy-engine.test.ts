import { expect, test } from 'vitest';

import { smithyEngine } from '@sigv4/signer/smithy';

import { API, SESSION, testSigner } from './fixtures.ts';

const signer = (options = {}): ReturnType<typeof testSigner> =>
  testSigner({ credentials: SESSION, engine: smithyEngine(), ...options });

test('what smithy does by itself has no effect', async () => {
  const request = {
    method: 'POST',
    url: `${API}?empty=&a=1&a=2&none`,
    headers: {
      // What an earlier signature left.
      authorization: 'AWS4-HMAC-SHA256 Credential=old',
      'x-amz-content-sha256': 'trusted blindly',
      'user-agent': 'x',
      'x-forwarded-for': 'y',
    },
    body: 'x',
  };
  const options = { signHeaders: ['x-custom'] };
  expect(await signer().sign(request, options)).toEqual(
    await testSigner({ credentials: SESSION }).sign(request, options),
  );
});

test.each(['__proto__=1', 'a=%ff'])(
  '?%s, which smithy would lose or change, is refused',
  async (query) => {
    await expect(signer().sign({ method: 'GET', url: `${API}?${query}` })).rejects.toMatchObject({
      code: 'ERR_SIGV4_URL',
      message: expect.stringContaining('use the default engine'),
    });
  },
);

test('a path that smithy would normalise is refused', async () => {
  const strict = signer({ normalizePath: false });
  await expect(strict.sign({ method: 'GET', url: `${API}//x` })).rejects.toThrow(
    /^normalizePath: smithyEngine/,
  );
  await expect(strict.sign({ method: 'GET', url: API })).resolves.toBeDefined();
});
