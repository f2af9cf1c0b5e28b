import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createH2Server } from 'node:http2';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import axios, { type AxiosInstance, type AxiosProgressEvent, type AxiosRequestConfig } from 'axios';
import MockAdapter from 'axios-mock-adapter';
import axiosRetry from 'axios-retry';
import { describe, expect, test } from 'vitest';

import { sigv4Interceptor, type SigV4InterceptorOptions } from '@sigv4/axios';
import type { SignOptions } from '@sigv4/signer';
import type { RawRequest } from '@sigv4/testing';

import { large, MIB_10, webStream } from './bodies.ts';
import { isOldest } from './clients.ts';
import { collectHttp2 } from './http2.ts';
import { CREDENTIALS, header, REGION, text, verdictOf } from './judge.ts';
import { startForwardProxy } from './proxies.ts';
import { SILENCE, startRawServer } from './raw-server.ts';
import { sharedRawServer } from './shared-server.ts';

/** Of configs, also what the oldest axios' types do not know. */
type Config = AxiosRequestConfig & Record<string, unknown>;

const server = sharedRawServer();

function sign(instance: AxiosInstance, more: SigV4InterceptorOptions = {}): AxiosInstance {
  instance.interceptors.request.use(
    sigv4Interceptor({ credentials: CREDENTIALS, region: REGION, ...more }),
  );
  return instance;
}

/** What a signature adds; and how bytes are framed, which is the transport's affair. */
const NOT_PLAIN: ReadonlySet<string> = new Set([
  'authorization',
  'x-amz-date',
  'x-amz-security-token',
  'content-length',
  'transfer-encoding',
]);

/** The other header names, in lower case → values. */
function plainHeaders({ rawHeaders }: RawRequest): Record<string, string> {
  return Object.fromEntries(
    rawHeaders
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => !NOT_PLAIN.has(name)),
  );
}

/** What a path and query mean, whatever the spelling. */
function meaning(target: string): unknown {
  const url = new URL(target, 'http://x');
  return [decodeURIComponent(url.pathname), [...url.searchParams]];
}

describe.each(['http', 'fetch'] as const)('axios, %s adapter', (adapter) => {
  /**
   * Sends the same twice, signed and unsigned; both must mean the same.
   *
   * @returns what came signed
   */
  async function sendBoth(
    base: Config,
    call: () => Config,
    arrange: (instance: AxiosInstance) => unknown = () => {},
  ): Promise<RawRequest> {
    const instances = [false, true].map((isSigned) => {
      const instance = axios.create({ adapter, baseURL: `${server.origin}/prod`, ...base });
      if (isSigned) sign(instance);
      arrange(instance);
      return instance;
    });
    for (const instance of instances) await instance.request(call());
    const [unsigned, signed, ...more] = server.requests;
    if (!unsigned || !signed) throw new Error('nothing came');
    expect(more).toEqual([]);
    expect(verdictOf(signed)).toMatchObject({ ok: true });
    expect(signed.method).toBe(unsigned.method);
    expect(meaning(signed.target)).toEqual(meaning(unsigned.target));
    expect(plainHeaders(signed)).toEqual(plainHeaders(unsigned));
    expect(text(signed)).toBe(text(unsigned));
    return signed;
  }

  describe('the URL means what it means unsigned', () => {
    test.each<[string, Config]>([
      [
        'awkward parameters',
        { params: { q: 'a b+c:$,[]\'()*!~^|\\"<>{}`%25%', ü: '€😀', '': 'x' } },
      ],
      ['a path with awkward characters', { url: "/a b/ü/:id;v=1/(x)'*!~/%2F/%41/100%25" }],
      ['repeated and nested ones', { params: { tag: ['a', 'b'], at: { from: 1, to: [2, 3] } } }],
      [
        'empty, null, undefined, dates',
        { params: { a: '', b: null, c: undefined, d: new Date(0) } },
      ],
      [
        'a serializer of the user',
        {
          params: { tag: ['a b', 'c'] },
          paramsSerializer: { serialize: () => 'tag=a+b,c;x&tag=&=y' },
        },
      ],
      [
        'an encoder of the user',
        {
          params: { a: 'b c' },
          paramsSerializer: { encode: (s: string) => `~${encodeURIComponent(s)}:` },
        },
      ],
      ['without indexes', { params: { tag: [1, 2] }, paramsSerializer: { indexes: null } }],
      [
        'URLSearchParams',
        {
          params: new URLSearchParams([
            ['a', 'b c'],
            ['a', ''],
          ]),
        },
      ],
      ['a query in the URL too', { url: '/x?a=1&a=2&b', params: { a: 3 } }],
      ['an absolute URL', { url: 'http://localhost:PORT/else where?x=1#part' }],
      ['no slash between', { url: 'x' }],
      ['no URL', {}],
    ])('%s', async (_name, { url = '', ...config }) => {
      const there = url.replace('PORT', String(server.port)).replace('localhost', '127.0.0.1');
      const signed = await sendBoth({ params: { base: 'ü' } }, () => ({ url: there, ...config }));
      expect(signed.method).toBe('GET');
    });
  });

  test('headers of the instance, of the method and of the call', async () => {
    const signed = await sendBoth(
      {
        // Its type says that these are AxiosHeaders.
        headers: {
          common: { 'X-Common': 'c' },
          post: { 'X-Post': 'p', 'X-Get': '' },
          'X-Both': 'instance',
          'X-Amz-Meta-A': '  spaces   within ',
          Cookie: 'a=1',
        } as object,
      },
      () => ({
        method: 'post',
        data: { a: 'ü' },
        headers: { 'X-Both': 'call', 'x-lower': '1', Accept: 'text/x-a' },
      }),
    );
    expect(header(signed, 'x-both')).toBe('call');
    expect(header(signed, 'content-type')).toMatch(/^application\/json/);
  });

  test.each(['application/x-www-form-urlencoded', 'multipart/form-data'])(
    'an object as %s',
    async (type) => {
      const instance = sign(axios.create({ adapter }));
      const data = { a: 'b c', list: [1, 2], nested: { ü: '€' } };
      await instance.post(`${server.origin}/x`, data, { headers: { 'Content-Type': type } });
      const [request] = server.requests;
      expect(verdictOf(request)).toMatchObject({ ok: true });
      expect(header(request, 'content-type')).toContain(type);
      expect(text(request)).toMatch(/list/);
    },
  );

  test('a chain of transforms, which may set headers', async () => {
    const signed = await sendBoth(
      {
        transformRequest: [
          (data: object) => ({ ...data, first: true }),
          ...[axios.defaults.transformRequest ?? []].flat(),
          (data: string, headers: Record<string, string>) => {
            headers['X-Length'] = String(data.length);
            headers['Content-Type'] = 'application/x-late; Charset=UTF-8';
            return `${data} ü`;
          },
        ] as never,
      },
      () => ({ method: 'put', data: { a: 1 } }),
    );
    expect(text(signed)).toBe('{"a":1,"first":true} ü');
  });

  test('interceptors before and after ours', async () => {
    const add = (name: string) => (instance: AxiosInstance) =>
      instance.interceptors.request.use((config) => {
        config.headers.set(`x-amz-meta-${name}`, name);
        config.params = { ...(config.params as object), [name]: name };
        return config;
      });
    const instance = axios.create({ adapter, baseURL: server.origin });
    add('runs-after')(instance);
    sign(instance);
    add('runs-before')(instance);
    await instance.post('/x', 'abc');
    expect(server.requests[0]?.target).toBe('/x?runs-before=runs-before&runs-after=runs-after');
    expect(verdictOf(server.requests[0])).toMatchObject({ ok: true });
  });

  test.each<[string, Config]>([
    ['auth', { auth: { username: 'u', password: 'p' } }],
    ['user and password in the URL', { baseURL: 'http://u:p@127.0.0.1:PORT/prod' }],
  ])('%s gives way to the signature', async (_name, config) => {
    const baseURL = (config.baseURL ?? `${server.origin}/prod`).replace('PORT', `${server.port}`);
    await sign(axios.create({ adapter, ...config, baseURL })).get('/x');
    expect(verdictOf(server.requests[0])).toMatchObject({ ok: true });
    expect(
      server.requests[0]?.rawHeaders.filter(([name]) => /^authorization$/i.test(name)),
    ).toHaveLength(1);
  });

  test.each([
    ['bytes', () => large()],
    ['a stream', () => (adapter === 'http' ? Readable.from([large()]) : webStream(large()))],
  ])('upload progress of %s is reported', async (_name, data) => {
    const events: AxiosProgressEvent[] = [];
    await sign(axios.create({ adapter })).put(`${server.origin}/x`, data(), {
      onUploadProgress: (event) => events.push(event),
    });
    expect(events[0]).toMatchObject({ upload: true, total: MIB_10 });
    // The oldest tells only every third of a second, and not of the end.
    expect(isOldest || events.at(-1)?.loaded === MIB_10).toBe(true);
    expect(server.requests[0]?.body.length).toBe(MIB_10);
    expect(verdictOf(server.requests[0])).toMatchObject({ ok: true });
  });

  test('a time-out ends the call as axios does, and shows no signature', async () => {
    // Of its own, since the request may come after the test.
    const silent = await startRawServer();
    silent.answers.push(SILENCE);
    const error: unknown = await sign(axios.create({ adapter, timeout: 1 }))
      .get(`${silent.origin}/x`)
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: expect.stringMatching(/ECONNABORTED|ETIMEDOUT/) });
    expect(JSON.stringify(error)).not.toMatch(/AWS4-HMAC/);
    await silent.close();
  });

  test('a header with a list of values, and an empty Blob, as the client sends them unsigned', async () => {
    const config = {
      method: 'post',
      url: `${server.origin}/x`,
      headers: {
        'X-Amz-Meta-A': ['a', 'b'],
        'X-B': ['c', 'd'],
        'content-type': 'application/json',
      },
      data: new Blob([]),
    } as unknown as Config;
    await axios.create({ adapter }).request(config);
    await sign(axios.create({ adapter })).request(config);
    const [plain, signed] = server.requests;
    const lines = (request: RawRequest | undefined): unknown =>
      request?.rawHeaders.filter(([name]) => /^(?:x-b|x-amz-meta-a|content-type)$/i.test(name));
    expect(lines(signed)).toEqual(lines(plain));
    expect(verdictOf(signed)).toMatchObject({ ok: true });
  });

  test('the same config object, twice, with a body of each kind', async () => {
    const instance = sign(axios.create({ adapter, baseURL: server.origin }));
    for (const data of [
      undefined,
      'abc',
      { a: 'b' },
      new URLSearchParams('a=b'),
      new Blob(['x']),
    ]) {
      const config = Object.freeze({
        method: 'post',
        url: '/x',
        data: Object.freeze(data),
        params: Object.freeze({ a: 'b' }),
        headers: Object.freeze({ 'X-A': 'b' }),
      });
      server.requests.length = 0;
      for (let at = 0; at < 2; at += 1) await instance.request(config);
      const [first, second] = server.requests;
      expect(second?.target).toBe(first?.target);
      expect(text(second)).toBe(text(first));
      for (const request of server.requests) expect(verdictOf(request)).toMatchObject({ ok: true });
    }
  });

  test('the config of an answer, sent again', async () => {
    const instance = sign(axios.create({ adapter, baseURL: server.origin }));
    const { config } = await instance.post('/x', { a: 'ü' }, { params: { q: 'a b' } });
    await instance.request(config);
    for (const request of server.requests) {
      expect(verdictOf(request)).toMatchObject({ ok: true });
      expect(request.target).toBe('/x?q=a%20b');
    }
    expect(text(server.requests[1])).toBe('{"a":"ü"}');
  });

  describe('axios-retry', () => {
    const retrying = (instance: AxiosInstance): AxiosInstance => {
      axiosRetry(instance, { retries: 2, retryCondition: () => true, retryDelay: () => 0 });
      return instance;
    };

    test.each([
      [
        'before ours',
        (instance: AxiosInstance, now: () => number) => sign(retrying(instance), { now }),
      ],
      [
        'after ours',
        (instance: AxiosInstance, now: () => number) => retrying(sign(instance, { now })),
      ],
    ])('registered %s: a fresh date and signature each time', async (_when, make) => {
      let time = Date.now();
      const instance = make(
        axios.create({ adapter, baseURL: server.origin }),
        () => (time += 1000),
      );
      server.answers.push('HTTP/1.1 503 No', 'HTTP/1.1 429 No');
      await instance.post('/x', { a: 1 }, { params: { q: 'a b' } });
      expect(new Set(server.requests.map((request) => header(request, 'x-amz-date'))).size).toBe(3);
      for (const request of server.requests) {
        expect(verdictOf(request)).toMatchObject({ ok: true });
        expect(request.target).toBe('/x?q=a%20b');
        expect(text(request)).toBe('{"a":1}');
      }
    });

    test.each([
      ['a Node stream', () => Readable.from([Buffer.from('a'), Buffer.from('bc')])],
      ['a web stream', () => webStream(Buffer.from('abc'))],
    ])('%s can be sent again', async (_name, data) => {
      server.answers.push('HTTP/1.1 503 No');
      await retrying(sign(axios.create({ adapter }))).put(`${server.origin}/x`, data());
      expect(server.requests.map(text)).toEqual(['abc', 'abc']);
      for (const request of server.requests) expect(verdictOf(request)).toMatchObject({ ok: true });
    });
  });

  test('global axios: an API is signed, other hosts are not', async () => {
    const others = await startRawServer();
    const id = axios.interceptors.request.use(
      sigv4Interceptor({
        credentials: CREDENTIALS,
        region: REGION,
        hosts: [`127.0.0.1:${server.port}`],
      }),
    );
    try {
      await axios.get(`${server.origin}/x`, { adapter });
      await axios.get(`${others.origin}/a:b?q=x+y`, {
        adapter,
        auth: { username: 'u', password: 'p' },
      });
    } finally {
      axios.interceptors.request.eject(id);
    }
    expect(verdictOf(server.requests[0])).toMatchObject({ ok: true });
    expect(header(others.requests[0], 'authorization')).toBe('Basic dTpw');
    expect(JSON.stringify(others.requests)).not.toMatch(/x-amz-|AWS4/i);
    await others.close();
  });

  test('one call: unsigned, or with its own service, region, date and headers', async () => {
    const instance = sign(axios.create({ adapter, baseURL: server.origin }));
    const call = (sigv4: SignOptions | false | undefined): object => ({
      sigv4,
      headers: { 'X-Tenant': 't' },
    });
    await instance.get('/x', call(false));
    await instance.get(
      '/x',
      call({ region: 'us-east-1', service: 'aoss', signHeaders: ['x-tenant'], date: new Date(0) }),
    );
    await instance.get('/x', call(undefined));
    expect(JSON.stringify(server.requests[0])).not.toMatch(/x-amz-|AWS4/i);
    expect(header(server.requests[1], 'authorization')).toMatch(
      /\/19700101\/us-east-1\/aoss\/aws4_request, SignedHeaders=[^,]*;x-tenant,/,
    );
    expect(verdictOf(server.requests[2])).toMatchObject({ ok: true });
  });

  test('axios-mock-adapter, before and after ours, matches what the call says', async () => {
    const instance = sign(axios.create({ adapter, baseURL: 'https://api.example.com/prod' }));
    // oxlint-disable-next-line no-unnecessary-type-assertion -- axios' ESM and CJS types differ
    const mock = new MockAdapter(instance as never);
    mock
      .onPost('/orders', { a: 'ü' }, { params: { q: 'a b' } })
      .reply((config) => [
        200,
        { authorization: (config.headers as unknown as Map<string, string>).get('authorization') },
      ]);
    mock.onGet('/gone').networkError();
    const { data, config } = await instance.post<{ authorization: string }>(
      '/orders',
      { a: 'ü' },
      { params: { q: 'a b' } },
    );
    expect(data.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/);
    expect(JSON.stringify(config)).not.toContain('AWS4-HMAC');
    await expect(instance.get('/gone')).rejects.toThrow('Network Error');
    await expect(instance.get('/unknown')).rejects.toMatchObject({ response: { status: 404 } });
    mock.restore();
    await instance.get('/x', { baseURL: server.origin });
    expect(verdictOf(server.requests[0])).toMatchObject({ ok: true });
  });
});

describe('only the http adapter', () => {
  test('socketPath: the Host that is sent is the one that is signed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sigv4-'));
    const local = await startRawServer(join(folder, 's'));
    const socketPath = join(folder, 's');
    const named = sign(axios.create({ socketPath, baseURL: 'http://localhost:8080/prod' }));
    await named.get('/orders');
    const bare = sign(axios.create({ socketPath }));
    await bare.post('/orders?a=b c', 'abc');
    for (const request of local.requests) expect(verdictOf(request)).toMatchObject({ ok: true });
    expect(local.requests.map((request) => header(request, 'host'))).toEqual([
      'localhost:8080',
      'localhost',
    ]);
    await local.close();
    await rm(folder, { recursive: true });
  });

  test.skipIf(isOldest)('HTTP/2, on a port of its own and on the usual one', async () => {
    const h2 = createH2Server();
    const came = collectHttp2(h2);
    await new Promise<void>((resolve) => {
      h2.listen(0, '127.0.0.1', resolve);
    });
    const { port } = h2.address() as AddressInfo;
    const http2Options = { sessionTimeout: 0, createConnection: () => connect(port, '127.0.0.1') };
    const config: Config = { httpVersion: 2, http2Options };
    const instance = sign(axios.create({ adapter: 'http', ...config }));
    for (const origin of [`http://127.0.0.1:${port}`, 'http://127.0.0.1']) {
      for (const data of ['abc', Readable.from([Buffer.from('abc')]), undefined]) {
        await instance.post(`${origin}/a b?q=ü`, data);
      }
    }
    expect(came.map(text)).toEqual(['abc', 'abc', '', 'abc', 'abc', '']);
    expect(header(came.at(-1), 'host')).toBe('127.0.0.1');
    for (const request of came) expect(verdictOf(request)).toMatchObject({ ok: true });
    h2.close();
  });

  test('a proxy', async () => {
    const proxy = await startForwardProxy();
    const instance = sign(
      axios.create({ proxy: { protocol: 'http', host: '127.0.0.1', port: proxy.port } }),
      { allowInsecureHttp: true },
    );
    await instance.post(`${server.origin}/a b?q=x+y`, { a: 'ü' });
    expect(proxy.forwarded).toEqual([`POST ${server.origin}/a%20b?q=x%20y`]);
    expect(verdictOf(server.requests[0])).toMatchObject({ ok: true });
    await proxy.close();
  });
});
