import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';

import axios, {
  type AxiosError,
  type AxiosInstance,
  type AxiosRequestConfig,
  type AxiosResponse,
} from 'axios';
import guarded from 'axios-1.17';
import oldest from 'axios-1.7';
import MockAdapter from 'axios-mock-adapter';
import PackageForm from 'form-data';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { sigv4Interceptor, type SigV4InterceptorOptions } from '@sigv4/axios';

import { CREDENTIALS, header, REGION, text, verdictOf } from '../wire/judge.ts';
import { sharedRawServer } from '../wire/shared-server.ts';

const server = sharedRawServer();

type Config = AxiosRequestConfig & Record<string, unknown>;

function sign<Instance extends Pick<AxiosInstance, 'interceptors'>>(
  instance: Instance,
  more: SigV4InterceptorOptions = {},
): Instance {
  instance.interceptors.request.use(
    sigv4Interceptor({ credentials: CREDENTIALS, region: REGION, ...more }),
  );
  return instance;
}

describe.each(['http', 'fetch'])('%s adapter: what is sent is what the call said', (adapter) => {
  /**
   * Sends, and has everything about the call changed as soon as the adapter gives way for the first
   * time: axios transforms the body right before it calls the adapter.
   */
  async function sendAndChange(config: Config, change: (config: Config) => void): Promise<void> {
    const transformRequest = (data: unknown, headers: unknown): unknown => {
      queueMicrotask(() => change({ headers } as Config));
      return data;
    };
    const instance = sign(axios.create({ adapter, transformRequest: [transformRequest] }), {
      credentials: () => turn(CREDENTIALS),
    });
    await instance.request({ url: `${server.origin}/x`, method: 'post', ...config });
    expect(verdictOf(server.requests[0])).toMatchObject({ ok: true });
  }

  const bytes = Buffer.from('before');
  const search = new URLSearchParams('a=before');
  const form = new FormData();
  const packageForm = new PackageForm();
  test.each<[string, unknown, () => void]>([
    ['a Buffer', bytes, () => void bytes.write('late!!')],
    ['an ArrayBuffer', new Uint8Array(Buffer.from('before')).buffer, () => {}],
    ['URLSearchParams', search, () => search.append('b', 'late!!')],
    ['a form', form, () => form.append('b', 'late!!')],
    ['a form of the form-data package', packageForm, () => packageForm.append('b', 'late!!')],
  ])('%s that is changed after the call', async (_name, data, change) => {
    if (data === form || data === packageForm) (data as FormData).append('a', 'before');
    await sendAndChange({ data }, () => {
      change();
      if (data instanceof ArrayBuffer) new Uint8Array(data).fill(0x21);
    });
    expect(text(server.requests[0])).toContain('before');
    expect(text(server.requests[0])).not.toContain('!!');
    expect(header(server.requests[0], 'content-type') ?? '').not.toMatch(/undefined/);
  });

  test('headers, and options of the call', async () => {
    const sigv4 = { signHeaders: ['x-a'], region: REGION };
    const config = { headers: { 'X-A': 'before' }, params: { a: ['before'] }, sigv4 };
    await sendAndChange({ ...config, method: 'get' }, ({ headers }) => {
      (headers as unknown as Map<string, string>).set('x-a', 'late');
      sigv4.signHeaders.push('x-b');
      sigv4.region = 'us-east-1';
    });
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'GET', target: '/x?a%5B%5D=before' });
    expect(header(request, 'x-a')).toBe('before');
    expect(header(request, 'authorization')).toMatch(/SignedHeaders=host;x-a;x-amz-date;/);
  });

  test('the same of a call that is not signed', async () => {
    const data = Buffer.from('before');
    const headers = { authorization: 'Basic x', 'x-a': 'before' };
    const transformRequest = (given: unknown, sent: Map<string, string>): unknown => {
      queueMicrotask(() => {
        data.fill(0x21);
        sent.set('x-a', 'late');
      });
      return given;
    };
    const config = { adapter, headers, transformRequest: [transformRequest] };
    const response = await sign(axios.create(config as object)).post(`${server.origin}/x`, data);
    expect(text(server.requests[0])).toBe('before');
    expect(header(server.requests[0], 'x-a')).toBe('before');
    expect(response.config.data).toBe(data);
  });
});

describe('a stream of a call that is aborted', () => {
  test.each(['signed', 'unsigned'] as const)('payload: %s: is released', async (payload) => {
    for (const by of ['signal', 'cancelToken']) {
      const controller = new AbortController();
      const source = axios.CancelToken.source();
      const asked = Promise.withResolvers<void>();
      const cancel = vi.fn();
      const node = new PassThrough();
      const web = new ReadableStream({ cancel, pull: () => new Promise(() => {}) });
      const instance = sign(axios.create(), {
        payload,
        service: 's3',
        allowInsecureHttp: true,
        credentials: () => (asked.resolve(), new Promise(() => {})),
      });
      const config =
        by === 'signal' ? { signal: controller.signal } : { cancelToken: source.token };
      const sending = [node, web].map((data) => instance.put(`${server.origin}/x`, data, config));
      await (payload === 'unsigned' ? asked.promise : turn());
      controller.abort();
      source.cancel();
      for (const one of sending) {
        await expect(one).rejects.toMatchObject({ code: 'ERR_CANCELED' });
      }
      expect(node.destroyed).toBe(true);
      // A stream of the web is cancelled some turns later, once it is clear that it is no form.
      for (let at = 0; at < 5; at += 1) await turn();
      expect(cancel).toHaveBeenCalledTimes(1);
    }
    expect(server.requests).toEqual([]);
  });

  test('is not put back half read', async () => {
    const controller = new AbortController();
    const read = Promise.withResolvers<void>();
    let pulls = 0;
    const web = new ReadableStream<Uint8Array>(
      {
        pull: (to) => {
          if (pulls++ === 0) to.enqueue(Buffer.from('half'));
          else read.resolve();
          return pulls === 1 ? undefined : new Promise(() => {});
        },
      },
      { highWaterMark: 0 },
    );
    const sending = sign(axios.create())
      .put(`${server.origin}/x`, web, { signal: controller.signal })
      .catch((error: unknown) => error);
    await read.promise;
    controller.abort();
    const error = await sending;
    await turn();
    expect((error as AxiosError).config?.data).toBe(web);
  });
});

describe('a custom adapter', () => {
  /** Like those of proxies of apps: hands on to axios' own. */
  const forwarding = (config: Config): Promise<AxiosResponse> =>
    axios.getAdapter('http')(config as never) as Promise<AxiosResponse>;

  test.each(['header', 'query'] as const)('signature in the %s: goes out signed', async (where) => {
    const instance = sign(
      axios.create({ adapter: forwarding as never, baseURL: `${server.origin}/prod` }),
      {
        signatureIn: where,
      },
    );
    const { config } = await instance.post(
      '/a b',
      { a: 'ü' },
      { params: { q: 'a b:$', t: [1, 2] } },
    );
    expect(verdictOf(server.requests[0])).toMatchObject({ ok: true });
    expect(config.url).toBe('/a b');
    expect(config.params).toEqual({ q: 'a b:$', t: [1, 2] });
  });

  test.each(['header', 'query'] as const)(
    'signature in the %s: follows redirects',
    async (where) => {
      server.answers.push('HTTP/1.1 303 Other\r\nlocation: /there?x=1');
      const instance = sign(axios.create({ adapter: forwarding as never }), { signatureIn: where });
      await instance.post(`${server.origin}/here`, 'abc', { params: { q: 1 } });
      for (const request of server.requests) expect(verdictOf(request)).toMatchObject({ ok: true });
      expect(server.requests[1]).toMatchObject({
        method: 'GET',
        target: expect.stringMatching(/^\/there\?/),
      });
      expect(text(server.requests[1])).toBe('');
    },
  );

  test('gets the method as axios gives it: histories are filed by that', async () => {
    const instance = sign(axios.create({ baseURL: 'https://api.example.com' }));
    // oxlint-disable-next-line no-unnecessary-type-assertion -- axios' ESM and CJS types differ
    const mock = new MockAdapter(instance as never);
    mock.onAny().reply(200);
    for (const method of ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'] as const) {
      await instance.request({ method, url: '/x' });
      expect(mock.history[method]).toHaveLength(1);
    }
  });
});

describe('a base URL that is not absolute', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test.each(['/api', 'api', '//host.example/api', '?', '.', 'api.example.com'])(
    '%j is no licence to sign for other origins',
    async (baseURL) => {
      for (const page of [undefined, 'https://page.example/app/', 'about:blank']) {
        vi.stubGlobal('location', page && { href: page });
        server.requests.length = 0;
        await sign(axios.create({ adapter: 'http', baseURL })).get(`${server.origin}/x`);
        expect(server.requests).toHaveLength(1);
        expect(JSON.stringify(server.requests)).not.toMatch(/AWS4|x-amz/i);
      }
    },
  );

  test('is resolved against the page', async () => {
    const urls: (string | undefined)[] = [];
    const adapter = async (config: Config): Promise<AxiosResponse> => {
      urls.push(config.headers && JSON.stringify(config.headers));
      return { status: 200, statusText: '', data: '', headers: {}, config: config as never };
    };
    vi.stubGlobal('location', { href: 'https://page.example/app/' });
    const instance = sign(axios.create({ adapter: adapter as never, baseURL: '/api' }));
    await instance.get('/x');
    await instance.get('https://page.example/other');
    await instance.get('https://page.example.com/other');
    expect(urls.map((one) => /AWS4/.test(one ?? ''))).toEqual([true, true, false]);
  });
});

describe('options that somebody put on Object.prototype', () => {
  const polluted: Record<string, unknown> = {
    sigv4: false,
    signatureIn: 'query',
    hosts: ['evil.example'],
    maxBufferedBytes: 1,
    allowInsecureHttp: true,
    baseURL: 'https://evil.example',
    params: { polluted: 'yes' },
    data: 'polluted',
    socketPath: '/evil',
    fetchOptions: { redirect: 'manual' },
    maxRedirects: 0,
    adapter: () => Promise.reject(new Error('polluted')),
  };
  afterEach(() => {
    for (const name of Object.keys(polluted)) Reflect.deleteProperty(Object.prototype, name);
  });

  /** The oldest axios reads its own options through prototypes; these are ours. */
  const ours = ['sigv4', 'signatureIn', 'hosts', 'maxBufferedBytes', 'allowInsecureHttp'];
  test.each([
    ...Object.keys(polluted).map(
      (name) => [name, 'axios 1.17', guarded as never as typeof axios] as const,
    ),
    ...ours.map((name) => [name, 'axios 1.7', oldest as never as typeof axios] as const),
  ])('%s: has no effect, %s', async (name, _client, client) => {
    const value = { value: polluted[name], configurable: true, writable: true };
    Reflect.defineProperty(Object.prototype, name, value);
    const instance = sign(client.create({ adapter: 'http' }));
    const response = await instance.post(`${server.origin}/x`, new PackageStream('abc'));
    Reflect.deleteProperty(Object.prototype, name);
    const [request] = server.requests;
    expect(response.status).toBe(200);
    expect(verdictOf(request)).toMatchObject({ ok: true });
    expect(request?.target).toBe('/x');
    expect(text(request)).toBe('abc');
  });

  test('a config without a prototype has none in the adapter, nor has the one given back', async () => {
    const seen: unknown[] = [];
    const adapter = async (config: object): Promise<object> => {
      seen.push(Object.getPrototypeOf(config));
      return { status: 200, data: '', headers: {}, config };
    };
    const instance = sign(guarded.create({ adapter: adapter as never }) as never as AxiosInstance);
    const { config } = await instance.get('https://api.example.com/x');
    await instance.get('https://api.example.com/x', { headers: { authorization: 'Basic x' } });
    expect([...seen, Object.getPrototypeOf(config)]).toEqual([null, null, null]);
  });
});

/** Its bytes come in two pieces. */
class PackageStream extends PassThrough {
  constructor(given: string) {
    super();
    this.write(given.slice(0, 1));
    this.end(given.slice(1));
  }
}
