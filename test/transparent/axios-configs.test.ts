import { PassThrough, Readable } from 'node:stream';

import type { AxiosError } from 'axios';
import axios, {
  type AxiosInstance,
  type AxiosRequestConfig,
  type InternalAxiosRequestConfig,
} from 'axios';
import FormDataPackage from 'form-data';
import { describe, expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import type { RawRequest } from '@sigv4/testing';

import { CREDENTIALS, judge, REGION, text, verdictOf } from '../wire/judge.ts';
import { sharedRawServer } from '../wire/shared-server.ts';

const server = sharedRawServer();

function signed(instance: AxiosInstance): AxiosInstance {
  instance.interceptors.request.use(
    sigv4Interceptor({ credentials: CREDENTIALS, service: 'execute-api', region: REGION }),
  );
  return instance;
}

/** All that came, but for the signature. */
function shown(request: RawRequest | undefined): unknown {
  const { method, target, rawHeaders } = request as RawRequest;
  const headers = rawHeaders
    .filter(
      ([name]) => !/^(?:authorization|x-amz-.*|transfer-encoding|content-length)$/i.test(name),
    )
    .map(([name, value]) => `${name.toLowerCase()}: ${value.replace(/127.0.0.1:\d+/, 'host')}`)
    .toSorted();
  return { method, target, headers, body: text(request) };
}

const HEADERS: readonly AxiosRequestConfig['headers'][] = [
  { 'User-Agent': null },
  { 'User-Agent': false },
  { 'user-agent': '' },
  { 'Accept-Encoding': false },
  { 'accept-encoding': null },
  { Accept: false },
  { Accept: null, 'X-Own': ['a', 'b'] },
  { 'Content-Type': false },
  { 'Content-Type': null },
  { 'X-Own': undefined, 'X-Zero': 0 as unknown as string },
] as never;

describe.each([['http'], ['fetch']])('by its %s adapter', (adapter) => {
  test.each(HEADERS.map((headers) => [JSON.stringify(headers), headers]))(
    'sends the headers %s as unsigned',
    async (_name, headers) => {
      // fetch gives text a type, although axios was told to send none. We send none.
      const isOdd = adapter === 'fetch' && 'Content-Type' in (headers ?? {});
      for (const data of isOdd ? [undefined] : [undefined, 'text', { a: 1 }]) {
        const config = { adapter, headers, data, method: data ? 'post' : 'get' };
        await axios.create()(`${server.origin}/x`, config as AxiosRequestConfig);
        await signed(axios.create())(`${server.origin}/x`, config as AxiosRequestConfig);
        const [without, withOurs] = server.requests.splice(0);
        expect(verdictOf(withOurs)).toMatchObject({ ok: true });
        expect(shown(withOurs)).toEqual(shown(without));
      }
    },
  );
});

test.each([
  ['multipart/form-data; boundary=my-own_boundary1'],
  ['multipart/form-data; charset=utf-8; boundary=my-own_boundary1'],
  ['multipart/form-data'],
  [undefined],
])('a form has the boundary that %s names', async (type) => {
  const form = new FormData();
  form.append('a', 'ü');
  form.append('b', new Blob(['\r\n--my-own']), 'b.txt');
  const config = { headers: { 'Content-Type': type } } as AxiosRequestConfig;
  await axios.create().post(`${server.origin}/x`, form, config);
  await signed(axios.create()).post(`${server.origin}/x`, form, config);
  const [without, withOurs] = server.requests.splice(0) as [RawRequest, RawRequest];
  expect(verdictOf(withOurs)).toMatchObject({ ok: true });
  const own = 'boundary=my-own_boundary1';
  expect(judge(withOurs).type).toBe(judge(without).type);
  if (!type?.includes(own)) return;
  const [before, after] = [without, withOurs].map((request) => text(request).trimEnd());
  expect(after?.split('--my-own_boundary1').length).toBe(
    before?.split('--my-own_boundary1').length,
  );
  const sent = new Response(withOurs.body as BodyInit, {
    headers: { 'content-type': `multipart/form-data; ${own}` },
  });
  const read = await sent.formData();
  expect(read.get('a')).toBe('ü');
  expect(await (read.get('b') as File).text()).toBe('\r\n--my-own');
});

test.each([
  ['whose length is known', () => 'text'],
  ['with a stream in it', () => Readable.from(['te', 'xt'])],
  ['with an old stream in it', () => new PassThrough().end('text')],
])('a form of the form-data package %s brings its headers', async (_name, part) => {
  const make = (): FormDataPackage => {
    const form = new FormDataPackage();
    const getHeaders = form.getHeaders.bind(form);
    form.getHeaders = (...given) => ({ ...getHeaders(...given), 'x-form': 'own' });
    form.setBoundary('one-boundary');
    form.append('a', part(), { filename: 'a.txt' });
    return form;
  };
  // axios 1.7 knows no such policy.
  const isKnown = !axios.VERSION.startsWith('1.7.');
  for (const formDataHeaderPolicy of isKnown ? ['legacy', 'content-only'] : ['legacy']) {
    const config = { formDataHeaderPolicy } as AxiosRequestConfig;
    await axios.create().post(`${server.origin}/x`, make(), config);
    await signed(axios.create()).post(`${server.origin}/x`, make(), config);
    const [without, withOurs] = server.requests.splice(0);
    expect(verdictOf(withOurs)).toMatchObject({ ok: true });
    expect(shown(withOurs)).toEqual(shown(without));
  }
});

test('params that cannot be serialised are an error as unsigned', async () => {
  const BAD: AxiosRequestConfig[] = [
    { params: { date: new Date(Number.NaN) } },
    {
      params: { a: 1 },
      paramsSerializer: {
        serialize: () => {
          throw new Error('not so');
        },
      },
    },
  ];
  for (const config of BAD) {
    for (const adapter of ['http', 'fetch']) {
      const failing = (instance: AxiosInstance): Promise<AxiosError> =>
        instance.get(`${server.origin}/x`, { ...config, adapter }).then(
          () => expect.fail('it was sent'),
          (error: AxiosError) => error,
        );
      const without = await failing(axios.create());
      const withOurs = await failing(signed(axios.create()));
      expect(withOurs.message).toBe(without.message);
      expect(withOurs.config?.params).toEqual(without.config?.params);
      expect('exists' in withOurs).toBe('exists' in without);
      // axios 1.7 gives no code of its own.
      const named = [withOurs.name, withOurs.code];
      expect(named).toEqual(without.code ? [without.name, without.code] : named);
    }
  }
  expect(server.requests).toEqual([]);
});

test("an adapter of the caller's own gets what it gets unsigned", async () => {
  const CONFIGS: AxiosRequestConfig[] = [
    { method: 'GET', params: { a: [1, 2] }, baseURL: server.origin, url: 'x y' },
    { method: 'Post', url: `${server.origin}/x`, data: { a: 1 }, headers: { 'X-Own': 'a' } },
    { method: 'delete', url: `${server.origin}/x?q=1 2`, timeout: 5, responseType: 'text' },
    { method: 'put', url: `${server.origin}/x`, data: new URLSearchParams('a=b') },
    { url: `${server.origin}/x`, data: 'text', method: 'patch', maxContentLength: 9 },
  ];
  for (const config of CONFIGS) {
    const got: InternalAxiosRequestConfig[] = [];
    const adapter = async (given: InternalAxiosRequestConfig): Promise<never> => {
      got.push(given);
      return { data: '', status: 200, statusText: '', headers: {}, config: given } as never;
    };
    await axios.create()({ ...config, adapter });
    await signed(axios.create())({ ...config, adapter });
    const [without, withOurs] = got.map(({ headers, ...rest }) => {
      const own = Object.entries(headers.toJSON()).filter(
        ([name]) => !/^(?:authorization|x-amz-.*)$/i.test(name),
      );
      return Object.assign(rest, { adapter: undefined, own });
    });
    // Redirects are followed by us, each signed anew.
    const ours = { maxRedirects: 0, fetchOptions: { redirect: 'manual' } };
    expect(withOurs).toEqual({ ...without, ...ours });
    expect(Object.keys(withOurs ?? {})).toEqual(expect.arrayContaining(Object.keys(without ?? {})));
  }
});
