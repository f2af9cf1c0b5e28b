// Recipe: Hono, as a gateway that signs what it hands on, and its typed client.
import { Hono } from 'hono';
import { hc } from 'hono/client';
import { expect, test } from 'vitest';

import { createRequestSigner, createSignedFetch } from '@sigv4/fetch';

import { recipeAws } from '../recipe-aws.ts';

const recipe = recipeAws();

test('a gateway made with Hono signs what it hands on', async () => {
  const signRequest = createRequestSigner(recipe.options);
  const gateway = new Hono();
  gateway.all('/api/*', async ({ req }) => {
    const { pathname, search } = new URL(req.url);
    const url = recipe.url + pathname.slice('/api'.length) + search;
    return fetch(await signRequest(new Request(url, req.raw)));
  });
  const answer = await gateway.request('/api/orders?q=a+b', { method: 'POST', body: 'abc' });
  expect(await answer.json()).toMatchObject({
    path: '/orders',
    query: [['q', 'a b']],
    body: 'abc',
  });
  recipe.expectSigned(1);
});

test("Hono's client signs by fetch", async () => {
  const routes = new Hono().get('/orders/:id', (context) => context.json({ path: '' }));
  const api = hc<typeof routes>(recipe.url, { fetch: createSignedFetch(recipe.options) });
  const answer = await api.orders[':id'].$get({ param: { id: '7' } });
  expect(await answer.json()).toMatchObject({ path: '/orders/7' });
  recipe.expectSigned(1);
});
