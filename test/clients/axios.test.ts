import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { inspect } from 'node:util';

import axios, { AxiosError, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import axiosRetry from 'axios-retry';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { rejectionOf, sigv4Interceptor, type SigV4InterceptorOptions } from '@sigv4/axios';
import type { SignOptions } from '@sigv4/signer';
import type { LocalAws } from '@sigv4/testing';
import '@sigv4/axios/config';

import { CALLER, INTERN, startWorld, type Echo } from '../world.ts';

let aws: LocalAws;
let failures = 0;
beforeEach(async () => {
  failures = 0;
  aws = await startWorld({
    routes: [
      {
        method: 'ANY',
        path: '/flaky',
        handler: () => (failures-- > 0 ? { status: 503 } : { body: { at: 'last' } }),
      },
    ],
  });
});
afterEach(() => aws.close());

function instance(options: SigV4InterceptorOptions = {}, config: object = {}): AxiosInstance {
  const made = axios.create({ baseURL: aws.apiUrl, ...config });
  made.interceptors.request.use(
    sigv4Interceptor({
      credentials: aws.credentialsOf(CALLER),
      region: aws.region,
      now: aws.clock.now,
      ...options,
    }),
  );
  return made;
}

describe('the URL', () => {
  test.each([
    ['params', { url: '/orders', params: { q: 'a b+c', tags: ['ü', '€'], at: new Date(0) } }],
    [
      'a serializer of the user',
      { url: '/orders', params: { a: [1, 2] }, paramsSerializer: { indexes: null } },
    ],
    ['params of the instance and the call', { url: '/orders?x=1', params: { y: ':$,' } }],
    ['no leading slash', { url: 'orders' }],
  ])('%s', async (_name, config: AxiosRequestConfig) => {
    const response = await instance({}, { params: { base: '1' } }).request<Echo>(config);
    const plain = new URL(
      axios.getUri({
        baseURL: aws.apiUrl,
        ...config,
        params: { base: '1', ...(config.params as object) },
      }),
    );
    expect(new Set(response.data.query.map(String))).toEqual(
      new Set([...plain.searchParams].map(String)),
    );
    expect(response.data.path).toBe('/orders');
  });

  test('an absolute URL goes where it says', async () => {
    const response = await instance().get<Echo>(`${aws.apis.own?.url}/absolute`);
    expect(response.data.path).toBe('/absolute');
  });

  test('an instance takes no defaults from the global axios', async () => {
    axios.defaults.params = { leaked: '1' };
    try {
      const made = instance();
      delete made.defaults.params;
      expect((await made.get<Echo>('/orders')).data.query).toEqual([]);
    } finally {
      delete axios.defaults.params;
    }
  });
});

test('the last transform and the last interceptor have their say before the signature', async () => {
  const made = axios.create({
    baseURL: aws.apiUrl,
    transformRequest: [(data: object) => JSON.stringify({ ...data, late: true })],
  });
  made.interceptors.request.use((config) => {
    config.headers.set('x-amz-meta-a', 'registered before, runs after');
    return config;
  });
  made.interceptors.request.use(
    sigv4Interceptor({
      credentials: aws.credentialsOf(CALLER),
      region: aws.region,
      now: aws.clock.now,
    }),
  );
  const response = await made.post<Echo>('/orders', { a: 1 });
  expect(JSON.parse(response.data.body)).toEqual({ a: 1, late: true });
});

test('it works as a synchronous interceptor, and if there are two, the last registered signs', async () => {
  const made = axios.create({ baseURL: aws.apiUrl });
  const options = { region: aws.region, now: aws.clock.now };
  for (const user of [INTERN, CALLER]) {
    made.interceptors.request.use(
      sigv4Interceptor({ credentials: aws.credentialsOf(user), ...options }),
      null,
      { synchronous: true },
    );
  }
  expect((await made.get<Echo>('/orders')).data.caller).toBe(CALLER);
});

test('a request with an Authorization of another scheme is sent as it is', async () => {
  const made = instance({}, { headers: { Authorization: 'Bearer x' } });
  await expect(made.get('/orders')).rejects.toMatchObject({ response: { status: 403 } });
  expect(aws.requests[0]?.rawHeaders).toContainEqual(['Authorization', 'Bearer x']);
});

test('lists of values and a Host are signed in the form in which axios sends them', async () => {
  const made = instance({}, { headers: { Cookie: ['a=1', 'b=2'] } });
  await made.get('/orders');
  expect(aws.requests[0]?.rawHeaders).toContainEqual(['Cookie', 'a=1; b=2']);
  for (const adapter of ['http', 'fetch']) {
    expect(
      (await instance({}, { adapter, headers: { Host: 'api.example.com' } }).get('/orders')).status,
    ).toBe(200);
  }
});

test.each([0, false])('%j is not sent as a body, as with axios alone', async (data) => {
  expect(
    (await instance().put<Echo>('/orders', data, { transformRequest: [(d: unknown) => d] })).data
      .body,
  ).toBe('');
});

test('a Blob without a type is sent as application/octet-stream', async () => {
  expect((await instance().post<Echo>('/orders', new Blob(['abc']))).data.type).toBe(
    'application/octet-stream',
  );
});

test.each(['error', 'manual', 'follow'])(
  'fetchOptions.redirect: %j is followed by us, or by nobody',
  async (redirect) => {
    const moved = new Response(null, { status: 307, headers: { location: '/x' } });
    const send = vi
      .fn<typeof fetch>()
      .mockResolvedValueOnce(moved)
      .mockResolvedValue(new Response());
    const calling = instance(
      {},
      { adapter: 'fetch', env: { fetch: send }, fetchOptions: { redirect } },
    ).get('/orders');
    const status = await calling.then(
      (response) => response.status,
      (error: AxiosError) => error.status,
    );
    expect(status).toBe(redirect === 'follow' ? 200 : 307);
    for (const [, init] of send.mock.calls) expect(init).toMatchObject({ redirect: 'manual' });
  },
);

test('the signature replaces auth and a password in the URL', async () => {
  const made = instance(
    {},
    { auth: { username: 'u', password: 'p' }, baseURL: aws.apiUrl.replace('//', '//u:p@') },
  );
  expect((await made.get('/orders')).status).toBe(200);
});

describe('what cannot go well is told', () => {
  test('a call to an unknown host goes unsigned, and the error says why', async () => {
    const error: unknown = await instance({ region: undefined })
      .get('/orders')
      .catch((e: unknown) => e);
    expect(rejectionOf(error)).toMatchObject({
      reason: 'not-signed',
      explanation: expect.stringMatching(
        /without a signature: its host name is not known.*name `region` or `hosts`/,
      ),
    });
    expect(rejectionOf(new Error('another'))).toBeUndefined();
  });

  test('a URL that is not absolute', async () => {
    await expect(instance({}, { baseURL: undefined }).get('/orders')).rejects.toMatchObject({
      code: 'ERR_SIGV4_URL',
    });
  });

  test('the interceptor itself instead of what it returns', () => {
    expect(() => sigv4Interceptor({ transitional: {}, url: '/' } as object)).toThrow(
      /^transitional: there is no such option/,
    );
  });
});

describe('one call', () => {
  test('can go unsigned', async () => {
    await expect(instance().get('/orders', { sigv4: false })).rejects.toMatchObject({
      response: { status: 403 },
    });
    expect(aws.requests[0]?.rawHeaders.flat()).not.toContain('authorization');
  });

  test('can name its own region', async () => {
    const error: unknown = await instance()
      .get('/orders', { sigv4: { region: 'us-east-1' } })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ sigv4: { reason: 'wrong-scope' } });
  });

  test('is refused if it has an unknown option', async () => {
    await expect(
      instance().get('/orders', { sigv4: true as unknown as SignOptions }),
    ).rejects.toThrow(/^sigv4: expected an object/);
    expect(aws.requests).toEqual([]);
  });
});

describe('what axios gives back', () => {
  test('has the config of the caller, and works again with it', async () => {
    const adapter = instance().defaults.adapter;
    const config = Object.freeze({
      params: Object.freeze({ a: 'b' }),
      headers: Object.freeze({ 'x-a': 'b' }),
    });
    const made = instance();
    const first = await made.get('/orders', config);
    const second = await made.get('/orders', config);
    for (const response of [first, second]) {
      expect(response.config.adapter).toEqual(adapter);
      expect(response.config.url).toBe('/orders');
      expect(response.config.params).toEqual({ a: 'b' });
      expect(response.config.baseURL).toBe(aws.apiUrl);
    }
    expect((await made.request(first.config)).status).toBe(200);
  });

  test('a stream shows no secret, nor does the error that it ends with', async () => {
    const controller = new AbortController();
    const made = instance({ credentials: { ...aws.credentialsOf(CALLER) } });
    const response = await made.get<Readable>('/orders', {
      responseType: 'stream',
      signal: controller.signal,
    });
    expect(inspect(response, { depth: 12 })).not.toMatch(/AWS4-HMAC|Signature=/);
    const failing = once(response.data, 'error') as Promise<unknown[]>;
    response.data.on('data', () => {});
    controller.abort();
    response.data.destroy(new AxiosError('cut', 'ERR_CANCELED', response.config));
    const [error] = await failing;
    expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.toMatch(
      /AWS4-HMAC|Signature=/,
    );
  });

  test('a stream of the fetch adapter that becomes too long shows no secret', async () => {
    // Its length is not told beforehand.
    aws.faults.next(1, { headers: { 'Transfer-Encoding': 'chunked' } });
    const response = await instance({}, { adapter: 'fetch' }).get<ReadableStream>('/orders', {
      responseType: 'stream',
      maxContentLength: 5,
    });
    const error: unknown = await new Response(response.data).text().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AxiosError);
    expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.toMatch(
      /AWS4-HMAC|Signature=/,
    );
  });

  test('is a stream, bytes or text as asked', async () => {
    const stream = await instance().get<AsyncIterable<Buffer>>('/orders', {
      responseType: 'stream',
    });
    const chunks: Buffer[] = [];
    for await (const chunk of stream.data) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toContain('"path":"/orders"');
    expect((await instance().get('/orders', { responseType: 'arraybuffer' })).data).toBeInstanceOf(
      Buffer,
    );
  });

  test.each(['json', 'arraybuffer', 'stream', 'text'] as const)(
    'says why a call was refused, as %s',
    async (responseType) => {
      const error: unknown = await instance({ credentials: aws.credentialsOf(INTERN) })
        .get('/orders', { responseType })
        .catch((e: unknown) => e);
      expect(error).toBeInstanceOf(AxiosError);
      expect(error).toMatchObject({
        response: { status: 403 },
        sigv4: { reason: 'denied', type: 'AccessDeniedException' },
      });
    },
  );

  test('leaves a 403 that validateStatus takes to the caller', async () => {
    const response = await instance({ credentials: aws.credentialsOf(INTERN) }).get('/orders', {
      validateStatus: () => true,
    });
    expect(response.data).toMatchObject({ Message: expect.stringContaining('not authorized') });
  });

  test('shows no secret, however it is printed', async () => {
    const credentials = { ...aws.credentialsOf(CALLER), sessionToken: 'the-token' };
    const refused: unknown = await instance({ credentials })
      .get('/orders')
      .catch((e: unknown) => e);
    const unreachable: unknown = await instance({ credentials }, { baseURL: 'http://127.0.0.1:1' })
      .get('/')
      .catch((e: unknown) => e);
    const good = await instance().get('/orders');
    for (const thing of [refused, unreachable, good]) {
      const { headers } = (thing as { config: { headers: object } }).config;
      const printed = [
        inspect(thing, { depth: 12 }),
        JSON.stringify(thing instanceof Error ? thing : { ...good, request: undefined }),
        JSON.stringify(headers),
      ].join('\n');
      expect(printed).not.toMatch(/AWS4-HMAC|the-token|Signature=/);
      expect(printed).not.toContain(aws.credentialsOf(CALLER).secretAccessKey);
    }
  });

  test('is no AxiosError with a config if signing failed, so that nothing retries it', async () => {
    const failure = new Error('no credentials');
    const made = instance({ credentials: () => Promise.reject(failure) });
    axiosRetry(made, { retries: 3, retryCondition: () => true });
    await expect(made.get('/orders')).rejects.toBe(failure);
    expect(failure).not.toHaveProperty('config');
  });
});

describe('axios-retry', () => {
  test('each attempt has a fresh date and signature', async () => {
    failures = 2;
    const made = instance();
    axiosRetry(made, {
      retries: 3,
      retryDelay: () => {
        aws.clock.advance('10m');
        return 0;
      },
    });
    const response = await made.get('/flaky');
    expect(response.data).toEqual({ at: 'last' });
    const dates = aws.requests.map(
      ({ rawHeaders }) => rawHeaders.find(([name]) => name.toLowerCase() === 'x-amz-date')?.[1],
    );
    expect(new Set(dates).size).toBe(3);
    expect(aws.requests.map(({ status }) => status)).toEqual([503, 503, 200]);
  });

  test('a stream that was read can be sent again', async () => {
    failures = 1;
    const made = instance();
    axiosRetry(made, { retries: 1, retryCondition: () => true, retryDelay: () => 0 });
    await made.put('/flaky', new Blob(['abc']).stream());
    expect(aws.requests.map(({ body }) => Buffer.from(body).toString())).toEqual(['abc', 'abc']);
  });
});

describe('cancelling', () => {
  test.each(['signal', 'cancelToken'])(
    'by %s ends the wait for credentials, and for a body that stalls',
    async (by) => {
      for (const call of [
        (config: object) =>
          instance({ credentials: () => new Promise(() => {}) }).get('/orders', config),
        (config: object) => instance().post('/orders', new PassThrough(), config),
      ]) {
        const controller = new AbortController();
        const source = axios.CancelToken.source();
        const calling = call(
          by === 'signal' ? { signal: controller.signal } : { cancelToken: source.token },
        );
        controller.abort();
        source.cancel();
        await expect(calling).rejects.toMatchObject({ code: 'ERR_CANCELED' });
      }
      expect(aws.requests).toEqual([]);
    },
  );

  test('nothing is sent if it happens before the credentials are there', async () => {
    const gate = Promise.withResolvers<never>();
    const controller = new AbortController();
    const calling = instance({ credentials: () => gate.promise }).get('/orders', {
      signal: controller.signal,
    });
    const getting = instance({
      credentials: async () => {
        controller.abort();
        return aws.credentialsOf(CALLER);
      },
    }).get('/orders', { signal: controller.signal });
    await expect(getting).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    gate.reject(new Error('too late'));
    await expect(calling).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    expect(aws.requests).toEqual([]);
  });
});

test('an adapter of the user gets the request as it was given, and signed', async () => {
  const made = instance(
    {},
    {
      adapter: async (config: {
        url: string;
        params: object;
        headers: { get(name: string): string };
      }) => ({
        status: 200,
        data: {
          url: config.url,
          params: config.params,
          authorization: config.headers.get('authorization'),
        },
        headers: {},
        config,
      }),
    },
  );
  const { data } = await made.get('/orders', { params: { a: 'b' } });
  expect(data).toEqual({
    url: '/orders',
    params: { a: 'b' },
    authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 /),
  });
});

test('a call that is aborted while its stream is read ends', async () => {
  const controller = new AbortController();
  const stalled = new ReadableStream(
    {
      pull: () => {
        controller.abort();
        return new Promise(() => {});
      },
    },
    // Not read ahead.
    { highWaterMark: 0 },
  );
  const sending = instance().post('/orders', stalled, { signal: controller.signal });
  await expect(sending).rejects.toMatchObject({ code: 'ERR_CANCELED' });
});
