// Recipe: orval, by a mutator, in its fetch style and in its axios style.
//
//   output: { client: 'fetch', override: { mutator: { path: './signed.ts', name: 'signedCall' } } }
import axios, { type AxiosRequestConfig } from 'axios';
import { expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch } from '@sigv4/fetch';

import { recipeAws } from '../recipe-aws.ts';
import type { Order } from './orders.ts';

const recipe = recipeAws();

/** The mutator of the fetch style: orval gives it a path and an init. */
async function signedCall<T>(path: string, init: RequestInit): Promise<T> {
  const response = await createSignedFetch(recipe.options)(recipe.url + path, init);
  const { status, headers } = response;
  return { data: await response.json(), status, headers } as T;
}

/** The mutator of the axios styles: orval gives it a config, and that of the call. */
async function signedAxios<T>(config: AxiosRequestConfig, call?: AxiosRequestConfig): Promise<T> {
  const instance = axios.create({ baseURL: recipe.url });
  instance.interceptors.request.use(sigv4Interceptor(recipe.options));
  return (await instance.request<T>({ ...config, ...call })).data;
}

// What follows is as orval 8 generates it.
const createOrder = (order: Order, options?: RequestInit): Promise<{ data: Order }> =>
  signedCall<{ data: Order }>('/orders', {
    ...options,
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(order),
  });
const getOrder = (id: string, params?: { expand?: string }): Promise<Order> =>
  signedAxios<Order>({ url: `/orders/${id}`, method: 'GET', params });

test('functions of orval are signed in its fetch style', async () => {
  expect((await createOrder({ sku: 'hat' })).data).toMatchObject({ body: '{"sku":"hat"}' });
  recipe.expectSigned(1);
});

test('functions of orval are signed in its axios style', async () => {
  expect(await getOrder('7', { expand: 'a b' })).toMatchObject({
    path: '/orders/7',
    query: [['expand', 'a b']],
  });
  recipe.expectSigned(1);
});
