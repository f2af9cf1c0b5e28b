// Recipe: axios-retry, registered before or after ours. Each retry is signed anew.
import axios from 'axios';
import axiosRetry from 'axios-retry';
import { expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';

import { recipeAws } from '../recipe-aws.ts';

let failures = 0;
const recipe = recipeAws([
  {
    method: 'PUT',
    path: '/flaky',
    handler: ({ body }) => (failures-- > 0 ? { status: 503 } : { body }),
  },
]);

test.each([['before'], ['after']])('axios-retry that is registered %s ours', async (order) => {
  const api = axios.create({ baseURL: recipe.url });
  const retries = (): unknown => axiosRetry(api, { retries: 2, retryDelay: () => 0 });
  if (order === 'before') retries();
  api.interceptors.request.use(sigv4Interceptor(recipe.options), null, { synchronous: true });
  if (order === 'after') retries();
  failures = 2;
  expect((await api.put('/flaky', { sku: 'hat' })).data).toEqual({ sku: 'hat' });
  recipe.expectSigned(3);
});
