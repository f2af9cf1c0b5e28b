// Recipe: axios-cache-interceptor. What comes from the cache is not signed, for nothing is sent.
import axios, { type AxiosInstance } from 'axios';
import { setupCache } from 'axios-cache-interceptor';
import { expect, test, vi } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';

import { recipeAws } from '../recipe-aws.ts';

const recipe = recipeAws();

test.each([['before'], ['after']])('a cache that is set up %s ours', async (order) => {
  const api = axios.create({ baseURL: recipe.url });
  if (order === 'before') setupCache(api);
  api.interceptors.request.use(sigv4Interceptor(recipe.options), null, { synchronous: true });
  const cached: AxiosInstance = order === 'before' ? api : setupCache(api);
  const first = await cached.get('/orders', { params: { q: 'a b' } });
  const again = await cached.get('/orders', { params: { q: 'a b' } });
  expect(again.data).toEqual(first.data);
  expect(again).toMatchObject({ cached: true });
  recipe.expectSigned(1);
  await cached.get('/orders', { params: { q: 'c' } });
  recipe.expectSigned(2);
  expect(vi.isFakeTimers()).toBe(false);
});
