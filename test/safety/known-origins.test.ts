// What a signer remembers of an origin must not change what becomes of a call.
import { setImmediate as turn } from 'node:timers/promises';

import { describe, expect, test } from 'vitest';

import { createSignedFetch } from '@sigv4/fetch';
import { createSigner } from '@sigv4/signer';

import { CREDENTIALS, REGION } from '../wire/judge.ts';

/** The schemes that `presign` and clients without a signature may have met before. */
const SCHEMES = ['ws:', 'wss:', 'ftp:', 'ftps:', 'chrome-extension:', 'app:'];

describe.each(SCHEMES)('%s', (scheme) => {
  const url = `${scheme}//localhost/x`;
  const refused = expect.objectContaining({ code: 'ERR_SIGV4_URL' }) as Error;

  test.each([false, true])(
    'is refused however well its origin is known (http: allowed: %s)',
    async (allowInsecureHttp) => {
      const signer = createSigner({ credentials: CREDENTIALS, region: REGION, allowInsecureHttp });
      const before = await signer.sign({ method: 'GET', url }).catch((error: unknown) => error);
      await signer.presign(url).catch(() => {});
      const pass = async (): Promise<Response> => new Response();
      await signer.send({ method: 'GET', url }, pass, { pass });
      await expect(signer.sign({ method: 'GET', url })).rejects.toEqual(refused);
      await expect(signer.send({ method: 'GET', url }, pass)).rejects.toEqual(refused);
      expect(before).toEqual(refused);
    },
  );
});

test('a call is signed for its base, however many other origins are called meanwhile', async () => {
  const signed: Record<string, number> = {};
  const send: typeof fetch = async (input, init) => {
    const { hostname } = new URL(input as string);
    const isSigned = new Headers(init?.headers).has('authorization');
    if (isSigned) signed[hostname] = (signed[hostname] ?? 0) + 1;
    await turn();
    return new Response();
  };
  const signedFetch = createSignedFetch({ credentials: CREDENTIALS, fetch: send });
  const origins = Array.from(
    { length: 600 },
    (_, at) => `https://id${at}.lambda-url.eu-west-1.on.aws`,
  );
  for (let round = 0; round < 2; round += 1) {
    await Promise.all(
      origins.map((origin) => signedFetch(`${origin}/x`, { baseUrl: `${origin}/base/` })),
    );
  }
  expect(Object.values(signed)).toEqual(origins.map(() => 2));
});
