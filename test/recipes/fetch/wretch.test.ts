// Recipe: wretch.
import { expect, test } from 'vitest';
import wretch from 'wretch';
import QueryStringAddon from 'wretch/addons/queryString';
import { retry } from 'wretch/middlewares';

import { createSignedFetch } from '@sigv4/fetch';

import { recipeAws } from '../recipe-aws.ts';

const recipe = recipeAws();

test('wretch signs by its polyfill, after its middlewares', async () => {
  const api = wretch(recipe.url)
    .addon(QueryStringAddon)
    .fetchPolyfill(createSignedFetch(recipe.options))
    .middlewares([retry({ maxAttempts: 1, delayTimer: 0 })]);
  expect(await api.query({ q: "it's" }).url('/orders').post({ sku: 'hat' }).json()).toMatchObject({
    query: [['q', "it's"]],
    body: '{"sku":"hat"}',
  });
  recipe.expectSigned(1);
});
