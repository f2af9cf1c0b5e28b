import ky from 'ky';
import {
  Agent,
  EnvHttpProxyAgent,
  getGlobalDispatcher,
  interceptors,
  Pool,
  ProxyAgent,
  setGlobalDispatcher,
  type Dispatcher,
} from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { createSignedFetch, type SignedFetchOptions } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';

import { CREDENTIALS, REGION, text, verdictOf } from '../wire/judge.ts';
import { startForwardProxy } from '../wire/proxies.ts';
import { sharedRawServer } from '../wire/shared-server.ts';

const server = sharedRawServer();

let proxy: Awaited<ReturnType<typeof startForwardProxy>>;
let other: typeof proxy;
beforeAll(async () => {
  proxy = await startForwardProxy();
  other = await startForwardProxy();
});
afterAll(async () => {
  await proxy.close();
  await other.close();
});
beforeEach(() => {
  proxy.forwarded.length = 0;
  other.forwarded.length = 0;
});

type Send = (request: Request, init?: RequestInit) => Promise<unknown>;

const CLIENTS: Readonly<Record<string, (options?: SignedFetchOptions) => Send>> = {
  fetch: (options) => (options ? createSignedFetch(options) : fetch),
  ky: (options) => {
    const api = ky.extend({ hooks: options ? sigv4Hooks(options) : {}, retry: 0 });
    return (request, init) => api(request, init);
  },
};

function through({ port }: typeof proxy): ProxyAgent {
  return new ProxyAgent({ uri: `http://127.0.0.1:${port}`, proxyTunnel: false });
}

describe.each(Object.entries(CLIENTS))('%s', (_client, make) => {
  /** What a Request with a dispatcher of its own passes by, and how it was signed. */
  async function run(send: Send, init: RequestInit, second?: RequestInit): Promise<string[][]> {
    proxy.forwarded.length = 0;
    other.forwarded.length = 0;
    const dispatcher = through(proxy);
    const request = new Request(`${server.origin}/x?a=b`, { ...init, dispatcher } as RequestInit);
    await send(request, second);
    await dispatcher.destroy();
    return [[...proxy.forwarded], [...other.forwarded]];
  }

  test.each<[string, RequestInit]>([
    ['GET', {}],
    ['POST', { method: 'POST', body: 'abc', headers: { 'content-type': 'text/x-a' } }],
  ])("a Request's own dispatcher carries it, %s", async (method, init) => {
    const signed = make({ credentials: CREDENTIALS, region: REGION });
    const elsewhere = make({ credentials: CREDENTIALS, hosts: ['elsewhere.example'] });
    const expected = [[`${method} ${server.origin}/x?a=b`], []];
    for (const send of [make(), elsewhere, signed]) {
      expect(await run(send, init)).toEqual(expected);
    }
    expect(verdictOf(server.requests.at(-1))).toMatchObject({ ok: true });
    expect(text(server.requests.at(-1))).toBe(init.body ?? '');
  });

  test('the dispatcher of the call goes before it', async () => {
    const signed = make({ credentials: CREDENTIALS, region: REGION, allowInsecureHttp: true });
    for (const send of [make(), signed]) {
      const dispatcher = through(other);
      const came = await run(send, {}, { dispatcher } as RequestInit);
      expect(came).toEqual([[], [`GET ${server.origin}/x?a=b`]]);
      await dispatcher.destroy();
    }
    expect(verdictOf(server.requests.at(-1))).toMatchObject({ ok: true });
  });

  test('it carries a second attempt too', async () => {
    const date = new Date(Date.now() + 7_200_000).toUTCString();
    server.answers.push(
      `HTTP/1.1 403 No\r\ndate: ${date}\r\nx-amzn-errortype: RequestTimeTooSkewed`,
    );
    const signed = make({ credentials: CREDENTIALS, region: REGION });
    const [passed] = await run(signed, { method: 'POST', body: 'abc' });
    expect(passed).toHaveLength(2);
    expect(server.requests.map(text)).toEqual(['abc', 'abc']);
  });

  const plain = { credentials: CREDENTIALS, region: REGION };
  /** What a call through one of these dispatchers ends with. */
  async function outcomeOf(dispatcher: Dispatcher, options: SignedFetchOptions): Promise<unknown> {
    const send = make(options);
    const init = { dispatcher } as RequestInit;
    const outcome = await send(new Request(`${server.origin}/x`), init).then(
      () => 'sent',
      (error: { code?: string }) => error.code,
    );
    await dispatcher.destroy();
    return outcome;
  }

  test('http: to this machine goes through no proxy unless that is allowed', async () => {
    expect(await outcomeOf(new Agent(), plain)).toBe('sent');
    expect(await outcomeOf(new Pool(server.origin), plain)).toBe('sent');
    expect(await outcomeOf(new Agent().compose(interceptors.dump()), plain)).toBe('sent');
    expect(await outcomeOf(through(other), plain)).toBe('ERR_SIGV4_INSECURE');
    const uri = `http://127.0.0.1:${other.port}`;
    const extended = new (class Own extends ProxyAgent {})(uri);
    expect(await outcomeOf(extended, plain)).toBe('ERR_SIGV4_INSECURE');
    expect(await outcomeOf(through(other).compose(interceptors.dump()), plain)).toBe(
      'ERR_SIGV4_INSECURE',
    );
    expect(other.forwarded).toEqual([]);
    const allowed = { ...plain, allowInsecureHttp: true };
    expect(await outcomeOf(through(other), allowed)).toBe('sent');
  });

  test('a proxy of the environment counts if NO_PROXY does not except this machine', async () => {
    const httpProxy = `http://127.0.0.1:${other.port}`;
    vi.stubEnv('HTTP_PROXY', httpProxy);
    try {
      expect(await outcomeOf(new EnvHttpProxyAgent(), plain)).toBe('ERR_SIGV4_INSECURE');
      vi.stubEnv('NO_PROXY', '127.0.0.1');
      expect(await outcomeOf(new EnvHttpProxyAgent(), plain)).toBe('sent');
    } finally {
      vi.unstubAllEnvs();
    }
    expect(other.forwarded).toEqual([]);
  });

  test('the global dispatcher counts as one that a call names', async () => {
    const before = getGlobalDispatcher();
    const global = through(other);
    const send = make(plain);
    setGlobalDispatcher(global);
    try {
      await expect(send(new Request(`${server.origin}/x`))).rejects.toMatchObject({
        code: 'ERR_SIGV4_INSECURE',
      });
    } finally {
      setGlobalDispatcher(before);
      await global.destroy();
    }
    expect(other.forwarded).toEqual([]);
  });
});
