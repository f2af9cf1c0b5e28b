import { inspect } from 'node:util';

import axios, { AxiosError, type AxiosInstance, type AxiosResponse } from 'axios';
import { describe, expect, test } from 'vitest';

import { rejectionOf, sigv4Interceptor } from '@sigv4/axios';

const TOKEN = 'a-token/of+some-length=';

function signing(adapter: (config: object) => Promise<object>): AxiosInstance {
  const instance = axios.create({ adapter: adapter as never, baseURL: 'https://api.example.com' });
  instance.interceptors.request.use(
    sigv4Interceptor({
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: TOKEN },
      region: 'eu-west-1',
    }),
  );
  return instance;
}

type Fields = Record<string, unknown>;

/** Has getters only, which look for a private field. */
class Reply {
  readonly #fields: Fields;
  constructor(given: Fields) {
    this.#fields = given;
  }
  get status(): unknown {
    return this.#fields['status'];
  }
  get statusText(): unknown {
    return this.#fields['statusText'];
  }
  get headers(): unknown {
    return this.#fields['headers'];
  }
  get data(): unknown {
    return this.#fields['data'];
  }
  get config(): unknown {
    return this.#fields['config'];
  }
  get request(): unknown {
    return this.#fields['request'];
  }
}

const refuses = (): never => {
  throw new Error('not to be changed');
};

/** What becomes of a response, or an error, in an adapter of a user. */
const KINDS: Readonly<Record<string, <T extends object>(thing: T) => T>> = {
  plain: (thing) => thing,
  frozen: (thing) => Object.freeze(thing),
  sealed: (thing) => Object.seal(thing),
  'not extensible': (thing) => Object.preventExtensions(thing),
  'with a frozen config': (thing) => {
    const { config } = thing as { config?: object };
    if (config !== undefined) Object.freeze(config);
    return Object.freeze(thing);
  },
  'a proxy that refuses changes': (thing) =>
    new Proxy(thing, { set: refuses, defineProperty: refuses, deleteProperty: refuses }),
  'a proxy that ignores changes': (thing) =>
    new Proxy(thing, { set: () => true, defineProperty: () => false }),
  'setters that throw': (thing) => {
    for (const [key, value] of Object.entries(thing)) {
      Object.defineProperty(thing, key, { get: () => value, set: refuses, enumerable: true });
    }
    return thing;
  },
};

/** Those that make responses only. */
const RESPONSES: typeof KINDS = {
  ...KINDS,
  'a class with getters': (thing) => new Reply(thing as Fields) as never,
  'a sealed class with getters': (thing) => Object.seal(new Reply(thing as Fields)) as never,
};

function fields(config: object, status: number): Fields {
  const headers = Object.freeze({ 'content-length': '99', 'x-amzn-errortype': 'AccessDenied' });
  const data = status === 200 ? { ok: true } : { message: `is not authorized, ${TOKEN}` };
  return { status, statusText: 'text', headers, data, config, request: { config } };
}

function expectNoSecretIn(thing: unknown): void {
  const shown = inspect(thing, { depth: Infinity, getters: true }) + JSON.stringify(thing);
  expect(shown).not.toMatch(/AWS4-HMAC|a-token/);
}

describe.each(Object.entries(RESPONSES))('a response, %s', (_kind, make) => {
  test('a good one comes back with the config of the call', async () => {
    const instance = signing(async (config) => make(fields(config, 200)));
    const response = await instance.get('/x', { params: { a: 1 } });
    expect(response).toMatchObject({ status: 200, data: { ok: true } });
    expect(response.config).toMatchObject({ url: '/x', params: { a: 1 } });
    expectNoSecretIn({ ...response, config: response.config, data: response.data });
  });

  test('a refusal that validateStatus takes quotes no token', async () => {
    const instance = signing(async (config) => make(fields(config, 403)));
    const response = await instance.get('/x', { validateStatus: () => true });
    expect(response.status).toBe(403);
    expect(response.data).toEqual({ message: 'is not authorized, [redacted]' });
    expectNoSecretIn({ ...response, config: response.config, data: response.data });
  });
});

describe.each(Object.entries(KINDS))('an error, %s', (_kind, make) => {
  test.each(Object.entries(RESPONSES))('with a response, %s', async (_other, makeResponse) => {
    const instance = signing(async (config) => {
      const response = makeResponse(fields(config, 403)) as unknown as AxiosResponse;
      throw make(new AxiosError('No', 'ERR_BAD_REQUEST', config as never, {}, response));
    });
    const error = await instance.get('/x').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AxiosError);
    expect(error).toMatchObject({ message: 'No', code: 'ERR_BAD_REQUEST', config: { url: '/x' } });
    expect((error as AxiosError).response?.data).toEqual({
      message: 'is not authorized, [redacted]',
    });
    expect(rejectionOf(error)).toMatchObject({ status: 403, explanation: expect.any(String) });
    expectNoSecretIn((error as AxiosError).config);
  });

  test('with no response', async () => {
    const instance = signing(async (config) => {
      throw make(new AxiosError('No', 'ECONNRESET', config as never, { config }));
    });
    const error = await instance.get('/x').catch((e: unknown) => e);
    expect(error).toMatchObject({ message: 'No', code: 'ECONNRESET', config: { url: '/x' } });
    expectNoSecretIn((error as AxiosError).config);
  });
});
