// Recipe: axios-mock-adapter. Mocks match what the call named, and see what was signed.
import axios, { type AxiosInstance } from 'axios';
import MockAdapter from 'axios-mock-adapter';
import { expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';

// The types of its axios are those of CommonJS; leave this out where yours are too.
const Mock = MockAdapter as unknown as new (api: AxiosInstance) => MockAdapter;

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

test('mocks match url, params and body, and their history is by method', async () => {
  const api = axios.create({ baseURL: 'https://api.example.com' });
  api.interceptors.request.use(sigv4Interceptor({ credentials, region: 'eu-west-1' }));
  let sent = '';
  const mock = new Mock(api);
  mock.onGet('/orders', { params: { q: 'a b' } }).reply((config) => {
    sent = String(config.headers?.['authorization']);
    return [200, { sku: 'hat' }];
  });
  mock.onPost('/orders', { sku: 'hat' }).reply(201);
  expect((await api.get('/orders', { params: { q: 'a b' } })).data).toEqual({ sku: 'hat' });
  expect((await api.post('/orders', { sku: 'hat' })).status).toBe(201);
  expect([mock.history['get'], mock.history['post']].map((calls) => calls?.length)).toEqual([1, 1]);
  expect(sent).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//);
  // Nothing of the signature is kept.
  expect(JSON.stringify(mock.history)).not.toContain('AWS4-');
});
