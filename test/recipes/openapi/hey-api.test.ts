// Recipe: the client that hey-api's openapi-ts generates, by its request interceptor.
import { createClient, createConfig } from '@hey-api/client-fetch';
import { expect, test } from 'vitest';

import { createRequestSigner, createSignedFetch } from '@sigv4/fetch';

import { recipeAws } from '../recipe-aws.ts';

const recipe = recipeAws();

test('hey-api signs by fetch', async () => {
  // Generated code has this client in client.gen.ts: client.setConfig({ fetch, baseUrl }).
  const client = createClient(
    createConfig({ baseUrl: recipe.url, fetch: createSignedFetch(recipe.options) }),
  );
  const { data } = await client.get({
    url: '/orders/{id}',
    path: { id: 'a b' },
    query: { q: '€' },
  });
  expect(data).toMatchObject({ path: '/orders/a%20b', query: [['q', '€']] });
  recipe.expectSigned(1);
});

test('hey-api signs by an interceptor', async () => {
  const client = createClient(createConfig({ baseUrl: recipe.url }));
  const signRequest = createRequestSigner(recipe.options);
  client.interceptors.request.use((request) => signRequest(request));
  const { data } = await client.post({ url: '/orders', body: { sku: 'hat' } });
  expect(data).toMatchObject({ method: 'POST', body: '{"sku":"hat"}' });
  recipe.expectSigned(1);
});
