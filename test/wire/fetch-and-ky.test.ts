import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';

import ky, { type KyInstance, type Options, type RetryOptions } from 'ky';
import { generate } from 'selfsigned';
import { Agent, fetch as undiciFetch, ProxyAgent } from 'undici';
import { describe, expect, test, vi } from 'vitest';

import { createSignedFetch, type SignedFetchOptions } from '@sigv4/fetch';
import { sigv4Hooks, type SigV4HooksOptions } from '@sigv4/ky';
import type { RawRequest } from '@sigv4/testing';

import { large, MIB_10, webStream } from './bodies.ts';
import { collectHttp2 } from './http2.ts';
import { CREDENTIALS, header, REGION, text, verdictOf } from './judge.ts';
import { startForwardProxy } from './proxies.ts';
import { sharedRawServer } from './shared-server.ts';

const OPTIONS = { credentials: CREDENTIALS, region: REGION };

const server = sharedRawServer();

function allSigned(requests: readonly RawRequest[] = server.requests): void {
  expect(requests.length).toBeGreaterThan(0);
  for (const request of requests) expect(verdictOf(request)).toMatchObject({ ok: true });
}

describe('fetch', () => {
  const signed = (more: SignedFetchOptions = {}) => createSignedFetch({ ...OPTIONS, ...more });

  test.each([true, false])('a proxy, by a tunnel: %j', async (proxyTunnel) => {
    const proxy = await startForwardProxy();
    const dispatcher = new ProxyAgent({ uri: `http://127.0.0.1:${proxy.port}`, proxyTunnel });
    const base = undiciFetch as unknown as typeof fetch;
    const init = { method: 'POST', body: 'ü', dispatcher } as RequestInit;
    const url = `${server.origin}/a b?q=x+y`;
    await expect(signed({ fetch: base })(url, init)).rejects.toMatchObject({
      code: 'ERR_SIGV4_INSECURE',
      message: expect.stringContaining('ProxyAgent may leave this machine'),
    });
    expect(proxy.forwarded).toEqual([]);
    const allowed = signed({ fetch: base, allowInsecureHttp: true });
    expect((await allowed(url, init)).status).toBe(200);
    expect(proxy.forwarded).toEqual([
      proxyTunnel ? `CONNECT 127.0.0.1:${server.port}` : `POST ${server.origin}/a%20b?q=x%20y`,
    ]);
    allSigned();
    await dispatcher.destroy();
    await proxy.close();
  });

  test('HTTP/2', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
    const h2 = createSecureServer({ key, cert });
    const came = collectHttp2(h2);
    await new Promise<void>((resolve) => {
      h2.listen(0, '127.0.0.1', resolve);
    });
    const dispatcher = new Agent({ allowH2: true, connect: { rejectUnauthorized: false } });
    const send = signed({ fetch: undiciFetch as unknown as typeof fetch });
    const url = `https://127.0.0.1:${(h2.address() as AddressInfo).port}/a b?q=ü`;
    for (const body of ['abc', webStream(Buffer.from('abc')), new Blob(['abc'])]) {
      const init = { method: 'POST', body, duplex: 'half', dispatcher } as RequestInit;
      expect(await (await send(url, init)).text()).toBe('ok');
    }
    expect(came.map(text)).toEqual(['abc', 'abc', 'abc']);
    allSigned(came);
    await dispatcher.destroy();
    h2.close();
  });

  test('the same Request, cloned, and the same init, twice', async () => {
    const request = new Request(`${server.origin}/x`, { method: 'POST', body: 'abc' });
    await signed()(request.clone());
    await signed()(request);
    const init = Object.freeze({
      method: 'POST',
      body: 'abc',
      headers: new Headers({ 'x-a': 'b' }),
    });
    for (let at = 0; at < 2; at += 1) await signed()(`${server.origin}/x`, init);
    expect(server.requests.map(text)).toEqual(['abc', 'abc', 'abc', 'abc']);
    expect([...init.headers]).toEqual([['x-a', 'b']]);
    allSigned();
  });

  test.each<[string, RequestInit]>([
    ['no type', { body: 'abc' }],
    [
      'a type of its own',
      { body: 'abc', headers: { 'content-type': 'text/x-late; Charset=UTF-8' } },
    ],
    [
      'headers as pairs, repeated',
      {
        headers: [
          ['x-amz-meta-a', '1'],
          ['X-Amz-Meta-A', '2'],
          ['accept', 'x/y'],
        ],
      },
    ],
    ['a lower-case method', { method: 'patch', body: 'abc' }],
  ])('%s: what arrives is what arrives unsigned', async (_name, given) => {
    const init = { method: 'POST', ...given };
    await signed()(`${server.origin}/x`, init);
    await fetch(`${server.origin}/x`, { ...init, method: init.method.toUpperCase() });
    const [ours, plain] = server.requests.map(({ rawHeaders, ...rest }) => ({
      ...rest,
      headers: Object.fromEntries(
        rawHeaders
          .map(([name, value]) => [name.toLowerCase(), value] as const)
          .filter(([name]) => !/^(authorization|x-amz-date|x-amz-security-token)$/.test(name)),
      ),
    }));
    expect(ours).toEqual(plain);
    allSigned(server.requests.slice(0, 1));
  });

  test('user and password in the URL are refused, as by fetch', async () => {
    const url = server.origin.replace('//', '//u:p@');
    await expect(signed()(`${url}/x`)).rejects.toMatchObject({ code: 'ERR_SIGV4_URL' });
    expect(server.requests).toEqual([]);
  });

  test('one call: unsigned, or with its own service, region, date and headers', async () => {
    const call = signed();
    await call(`${server.origin}/x`, { sigv4: false });
    const own = { region: 'us-east-1', service: 'aoss', signHeaders: ['x-t'], date: new Date(0) };
    await call(`${server.origin}/x`, { sigv4: own, headers: { 'X-T': 't' } });
    expect(JSON.stringify(server.requests[0])).not.toMatch(/x-amz-|AWS4/i);
    expect(header(server.requests[1], 'authorization')).toMatch(
      /\/19700101\/us-east-1\/aoss\/aws4_request, SignedHeaders=[^,]*;x-t,/,
    );
  });
});

describe('ky', () => {
  function api(options: Options = {}, more: SigV4HooksOptions = {}): KyInstance {
    return ky.extend({ hooks: sigv4Hooks({ ...OPTIONS, ...more }), ...options });
  }
  const retry: RetryOptions = { limit: 2, methods: ['post', 'put'], delay: () => 0 };

  test.each([
    ['a string', () => 'abc'],
    ['a stream', () => webStream(Buffer.from('abc'), 2)],
    ['a form', () => new URLSearchParams('abc')],
  ])('retries with %s: a fresh date and signature, and the body again', async (_name, body) => {
    let time = Date.now();
    server.answers.push('HTTP/1.1 503 No', 'HTTP/1.1 429 No');
    await api({ retry }, { now: () => (time += 1000) }).post(`${server.origin}/x`, {
      body: body(),
    });
    expect(server.requests.map((request) => text(request).slice(0, 3))).toEqual([
      'abc',
      'abc',
      'abc',
    ]);
    expect(new Set(server.requests.map((request) => header(request, 'x-amz-date'))).size).toBe(3);
    allSigned();
  });

  test('a network error is retried as ever', async () => {
    const base = vi
      .fn<typeof fetch>((input, init) => fetch(input, init))
      .mockRejectedValueOnce(new TypeError('fetch failed'));
    await api({ retry, fetch: base }).put(`${server.origin}/x`, {
      json: { a: 'ü' },
    });
    expect(base).toHaveBeenCalledTimes(2);
    expect(text(server.requests[0])).toBe('{"a":"ü"}');
    allSigned();
  });

  test('params with awkward characters, a prefix, headers of instance and call', async () => {
    const instance = api({
      prefix: `${server.origin}/prod`,
      headers: { 'x-a': 'instance', 'x-b': '1' },
    });
    await instance.post('a b/ü', {
      json: { a: 1 },
      headers: { 'x-a': 'call' },
      searchParams: [
        ['q', "a b+c:$,[]'()*!~"],
        ['q', '€'],
        ['', 'x'],
        ['e', ''],
      ],
    });
    const [request] = server.requests;
    expect([...new URL(request?.target ?? '', server.origin).searchParams]).toEqual([
      ['q', "a b+c:$,[]'()*!~"],
      ['q', '€'],
      ['', 'x'],
      ['e', ''],
    ]);
    expect(request?.target).toMatch(/^\/prod\/a%20b\/%C3%BC\?/);
    expect([header(request, 'x-a'), header(request, 'x-b')]).toEqual(['call', '1']);
    allSigned();
  });

  test('hooks of the user, on every attempt, before the signature', async () => {
    server.answers.push('HTTP/1.1 503 No');
    const add =
      (name: string) =>
      ({ request }: { request: Request }): void =>
        request.headers.set(`x-amz-meta-${name}`, name);
    await api({ retry }).put(`${server.origin}/x`, {
      body: 'abc',
      hooks: { beforeRequest: [add('first')], beforeRetry: [add('again')] },
    });
    expect(header(server.requests[0], 'x-amz-meta-first')).toBe('first');
    expect(header(server.requests[1], 'x-amz-meta-again')).toBe('again');
    allSigned();
  });

  test('upload progress is reported', async () => {
    const loaded: number[] = [];
    await api().put(`${server.origin}/x`, {
      body: large(),
      onUploadProgress: ({ transferredBytes }) => loaded.push(transferredBytes),
    });
    expect(loaded.at(-1)).toBe(MIB_10);
    expect(server.requests[0]?.body.length).toBe(MIB_10);
    allSigned();
  });

  test('one call: unsigned, or with its own options', async () => {
    await api().get(`${server.origin}/x`, { context: { sigv4: false } });
    await api().get(`${server.origin}/x`, { context: { sigv4: { region: 'us-east-1' } } });
    expect(JSON.stringify(server.requests[0])).not.toMatch(/x-amz-|AWS4/i);
    expect(header(server.requests[1], 'authorization')).toContain('/us-east-1/execute-api/');
  });
});
