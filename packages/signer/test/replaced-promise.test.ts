import { afterEach, expect, test, vi } from 'vitest';

import { answer, API, CREDENTIALS, testSigner } from './fixtures.ts';

/** As zone.js and Bluebird replace the global one: no ancestor of what async functions give. */
class OtherPromise<T> extends Promise<T> {}

afterEach(() => vi.unstubAllGlobals());

test('a program that replaces the global Promise gets the same signatures', async () => {
  const requests = [API, 'https://sqs.eu-west-3.amazonaws.com/'].map((url) => ({
    method: 'POST',
    url,
    body: 'x'.repeat(600_000),
  }));
  const sign = (): Promise<string>[] =>
    requests.map(async (request) => {
      const signer = testSigner({ credentials: async () => CREDENTIALS });
      let signature = '';
      await signer.send(request, async (signed) => {
        ({ signature } = signed);
        return answer(200);
      });
      expect((await signer.sign(request)).signature).toBe(signature);
      return signature;
    });
  const expected = await Promise.all(sign());
  vi.stubGlobal('Promise', OtherPromise);
  expect(await Promise.all(sign())).toEqual(expected);
});
