import ky from 'ky';
import { ProxyAgent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

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
    const signed = make({ credentials: CREDENTIALS, region: REGION });
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
});
