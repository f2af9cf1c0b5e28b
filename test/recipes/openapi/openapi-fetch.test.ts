// Recipe: openapi-fetch, whose middleware takes a Request and gives one.
import createClient, { type Client } from 'openapi-fetch';
import { expect, test } from 'vitest';

import { createRequestSigner, createSignedFetch, type RequestSignerOptions } from '@sigv4/fetch';

import { recipeAws } from '../recipe-aws.ts';
import type { paths } from './orders.ts';

/** By `fetch`: redirects are followed, and a refused session is renewed. */
function byFetch(baseUrl: string, options: RequestSignerOptions): Client<paths> {
  return createClient<paths>({ baseUrl, fetch: createSignedFetch(options) });
}

/** By middleware, where the client must keep its own `fetch`. */
function byMiddleware(baseUrl: string, options: RequestSignerOptions): Client<paths> {
  const client = createClient<paths>({ baseUrl });
  const signRequest = createRequestSigner(options);
  client.use({ onRequest: ({ request }) => signRequest(request) });
  return client;
}

const recipe = recipeAws();

test.each([
  ['fetch', byFetch],
  ['middleware', byMiddleware],
])('openapi-fetch signs by %s', async (_name, make) => {
  const orders = make(recipe.url, recipe.options);
  const read = await orders.GET('/orders/{id}', {
    params: { path: { id: 'a b' }, query: { expand: 'lines+all' } },
  });
  expect(read.data).toMatchObject({ path: '/orders/a%20b', query: [['expand', 'lines+all']] });
  const made = await orders.POST('/orders', { body: { sku: 'hät' } });
  expect(made.data).toMatchObject({ method: 'POST', body: '{"sku":"hät"}' });
  recipe.expectSigned(2);
});
