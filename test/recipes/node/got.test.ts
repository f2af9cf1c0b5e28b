// Recipe: got. Its beforeRequest hooks run for each retry, so that each is signed anew.
import got, { type Got } from 'got';
import { expect, test } from 'vitest';

import { createSigner, type SignerOptions } from '@sigv4/signer';

import { recipeAws } from '../recipe-aws.ts';

function signedGot(prefixUrl: string, options: SignerOptions): Got {
  const signer = createSigner(options);
  return got.extend({
    prefixUrl,
    // got would run the hook for a redirect too, and so sign for wherever that leads.
    followRedirect: false,
    hooks: {
      beforeRequest: [
        async (call) => {
          const { method, url, headers, body } = call;
          // Bodies of got's `json` and `form` are text here. Read streams first.
          const text = body as Uint8Array | string | undefined;
          const signed = await signer.sign({ method, url: url as URL, headers, body: text });
          call.url = new URL(signed.url);
          call.headers = signed.headers;
        },
      ],
    },
  });
}

let failures = 0;
const recipe = recipeAws([
  {
    method: 'PUT',
    path: '/flaky',
    handler: ({ body }) => (failures-- > 0 ? { status: 503 } : { body }),
  },
]);

test('got signs by a hook, each retry too', async () => {
  const api = signedGot(recipe.url, recipe.options as SignerOptions);
  const query = { searchParams: { q: "it's a+b" } };
  expect(await api.get('orders', query).json()).toMatchObject({ query: [['q', "it's a+b"]] });
  failures = 1;
  const retry = { limit: 1, calculateDelay: ({ attemptCount = 0 }) => (attemptCount > 1 ? 0 : 1) };
  const put = api.put('flaky', { json: { sku: 'hät' }, retry });
  expect(await put.json()).toEqual({ sku: 'hät' });
  recipe.expectSigned(3);
});
