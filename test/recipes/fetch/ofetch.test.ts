// Recipe: ofetch. Each of its retries calls fetch again, and so is signed anew.
import { createFetch } from 'ofetch';
import { expect, test } from 'vitest';

import { createSignedFetch } from '@sigv4/fetch';

import { recipeAws } from '../recipe-aws.ts';

let failures = 0;
const recipe = recipeAws([
  {
    method: 'PUT',
    path: '/flaky',
    handler: ({ body }) => (failures-- > 0 ? { status: 503 } : { body }),
  },
]);

test('ofetch signs by fetch, each retry too', async () => {
  failures = 1;
  const api = createFetch({
    fetch: createSignedFetch(recipe.options),
    defaults: { baseURL: recipe.url },
  });
  const options = { method: 'PUT', body: { sku: 'hat' }, retry: 1, retryDelay: 0 };
  expect(await api('/flaky', options)).toEqual({ sku: 'hat' });
  recipe.expectSigned(2);
});
