// Recipe: nock, for fetch and for axios.
import axios from 'axios';
import nock from 'nock';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch } from '@sigv4/fetch';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const HOST = 'https://abc123.execute-api.eu-west-1.amazonaws.com';

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
  nock.restore();
  nock.activate();
});

test('nock matches signed calls of fetch and axios', async () => {
  const scope = nock(HOST)
    .matchHeader('authorization', /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//)
    .post('/prod/orders', { sku: 'hat' })
    .query({ q: 'a b' })
    .times(2)
    .reply(201, { id: 7 });
  const url = `${HOST}/prod/orders?q=a%20b`;
  const fetched = await createSignedFetch({ credentials })(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sku: 'hat' }),
  });
  expect([fetched.status, await fetched.json()]).toEqual([201, { id: 7 }]);
  const api = axios.create();
  api.interceptors.request.use(sigv4Interceptor({ credentials }));
  expect((await api.post(url, { sku: 'hat' })).data).toEqual({ id: 7 });
  scope.done();
});
