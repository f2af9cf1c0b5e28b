import { gzipSync } from 'node:zlib';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import axios, { type AxiosError } from 'axios';
import MockAdapter from 'axios-mock-adapter';
import ky from 'ky';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch, explain } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';

const TOKEN = 'a-token/of+some-length=';
const OPTIONS = {
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: TOKEN },
  region: 'eu-west-1',
};

const answer: RequestListener = (request, response) => {
  if (request.url === '/moved') {
    response.writeHead(307, { location: '/quoted' }).end();
    return;
  }
  const path = request.url ?? '';
  const text = JSON.stringify({ message: `is not authorized, é ${TOKEN}` });
  const body = path.startsWith('/zipped') ? gzipSync(text) : Buffer.from(text);
  response.writeHead(path.startsWith('/good') ? 200 : 403, 'No Way', {
    'content-type': 'application/json',
    'content-length': body.byteLength,
    ...(path.startsWith('/zipped') && { 'content-encoding': 'gzip' }),
  });
  response.end(body);
};
const server = createServer(answer);
let origin: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const SAFE = JSON.stringify({ message: 'is not authorized, é [redacted]' });
const LENGTH = String(Buffer.byteLength(SAFE));

describe('an answer in the place of one with secrets', () => {
  test.each(['/quoted', '/zipped'])(
    'of fetch, %s: has the headers of its own text',
    async (path) => {
      const response = await createSignedFetch(OPTIONS)(origin + path);
      expect(response.headers.get('content-length')).toBe(LENGTH);
      expect(response.headers.get('content-encoding')).toBeNull();
      expect(await response.text()).toBe(SAFE);
    },
  );

  test.each(['http', 'fetch'] as const)('of axios, %s adapter: the same', async (adapter) => {
    const api = axios.create({ adapter });
    api.interceptors.request.use(sigv4Interceptor(OPTIONS));
    for (const path of ['/quoted', '/zipped']) {
      const { response }: Partial<AxiosError> = await api.get(origin + path).then(
        () => ({}),
        (error: AxiosError) => error,
      );
      expect(response?.data).toEqual(JSON.parse(SAFE));
      expect(response?.headers['content-length']).toBe(LENGTH);
      expect(response?.headers['content-encoding']).toBeUndefined();
    }
  });

  test('of a mock of axios that gives no headers', async () => {
    const api = axios.create();
    api.interceptors.request.use(sigv4Interceptor(OPTIONS));
    // Its types are those of CommonJS.
    const mocked: unknown = api;
    const mock = new MockAdapter(mocked as never);
    mock.onGet().reply(403, { message: `is not authorized, é ${TOKEN}` });
    await expect(api.get(`${origin}/x`)).rejects.toMatchObject({
      response: { data: JSON.parse(SAFE) },
    });
  });

  test('of fetch: has all that fetch gives, and so have its clones', async () => {
    const response = await createSignedFetch(OPTIONS)(`${origin}/moved`);
    for (const one of [response, response.clone(), response.clone().clone()]) {
      expect(one).toBeInstanceOf(Response);
      expect(one).toMatchObject({
        url: `${origin}/quoted`,
        redirected: true,
        type: 'basic',
        status: 403,
        statusText: 'No Way',
      });
      expect(explain(one)).toMatchObject({ status: 403 });
    }
  });

  test('with the signature in its URL: clones do not show it either', async () => {
    const response = await createSignedFetch({ ...OPTIONS, signatureIn: 'query' })(
      `${origin}/good`,
    );
    const url = new URL(response.url);
    for (const [name, value] of url.searchParams) {
      const isSecret = name === 'X-Amz-Signature' || name === 'X-Amz-Security-Token';
      expect([name, value === 'redacted']).toEqual([name, isSecret]);
    }
    expect([...url.searchParams.keys()]).toEqual(
      expect.arrayContaining(['X-Amz-Signature', 'X-Amz-Security-Token', 'X-Amz-Date']),
    );
    expect(response.clone().url).toBe(response.url);
  });

  test('of ky: what its hooks get tells its URL', async () => {
    const urls: string[] = [];
    const afterResponse = ({ response }: { response: Response }): void =>
      void urls.push(response.url);
    const api = ky
      .extend({ hooks: sigv4Hooks(OPTIONS), throwHttpErrors: false })
      .extend({ hooks: { afterResponse: [afterResponse] } });
    await api.get(`${origin}/quoted`);
    expect(urls).toEqual([`${origin}/quoted`]);
  });
});

test('an answer after a redirect says so, as with plain fetch', async () => {
  const signedFetch = createSignedFetch(OPTIONS);
  expect((await signedFetch(`${origin}/moved`)).redirected).toBe(true);
  expect((await signedFetch(`${origin}/good`)).redirected).toBe(false);
  expect((await signedFetch(`${origin}/moved`, { redirect: 'manual' })).redirected).toBe(false);
});
