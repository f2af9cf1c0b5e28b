// Recipe: up-fetch.
import { up } from 'up-fetch';
import { expect, test } from 'vitest';

import { createSignedFetch } from '@sigv4/fetch';

import { recipeAws } from '../recipe-aws.ts';

const recipe = recipeAws();

test('up-fetch signs by fetch', async () => {
  const api = up(createSignedFetch(recipe.options), () => ({ baseUrl: recipe.url }));
  const answer = await api('/orders', { method: 'POST', body: { sku: 'hat' }, params: { q: 1 } });
  expect(answer).toMatchObject({ query: [['q', '1']], body: '{"sku":"hat"}' });
  recipe.expectSigned(1);
});
