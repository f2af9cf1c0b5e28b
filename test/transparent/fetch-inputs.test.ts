import { createRequire } from 'node:module';

import nodeFetch, { Request as NodeFetchRequest } from 'node-fetch';
import * as undici from 'undici';
import { describe, expect, test } from 'vitest';

import { createSignedFetch, type SignedFetch } from '@sigv4/fetch';
import type { RawRequest } from '@sigv4/testing';

import { CREDENTIALS, header, judge, REGION, text, verdictOf } from '../wire/judge.ts';
import { sharedRawServer } from '../wire/shared-server.ts';

/** What these packages export, as far as it is used here. They have no types of their own. */
interface Untyped {
  readonly URL: new (url: string) => { readonly href: string };
  readonly Request: new (url: string, init?: object) => Request;
}

const require = createRequire(import.meta.url);
const whatwgUrl = require('whatwg-url') as Untyped;
const crossFetch = require('cross-fetch') as Untyped;
const polyfill = require('whatwg-fetch') as Untyped;

const server = sharedRawServer();
const SIGNING = { credentials: CREDENTIALS, service: 'execute-api', region: REGION };
const signedFetch = createSignedFetch(SIGNING);

/** The one request that came, which bears a signature that holds. */
function arrived(): RawRequest {
  expect(server.requests).toHaveLength(1);
  const request = server.requests.pop();
  expect(verdictOf(request)).toMatchObject({ ok: true });
  return request as RawRequest;
}

describe('a URL of any kind goes where fetch goes with it', () => {
  const KINDS: readonly [string, (url: string) => unknown][] = [
    ['a URL of whatwg-url, and so of jsdom', (url) => new whatwgUrl.URL(url)],
    // oxlint-disable-next-line no-new-wrappers -- fetch takes it
    ['a String object', (url) => new String(url)],
    ['an object with a text of its own', (url) => ({ toString: () => url })],
    ['a list of one', (url) => [url]],
  ];

  test.each(KINDS)('%s', async (_name, make) => {
    const url = `${server.origin}/a%20b?c=d&e`;
    await fetch(make(url) as URL);
    const unsigned = server.requests.pop();
    await signedFetch(make(url) as URL);
    expect(arrived().target).toBe(unsigned?.target);
  });

  test.each([[undefined], [null]])('%s fails as with fetch', async (input) => {
    const messageOf = (call: SignedFetch): Promise<unknown> =>
      call(input as unknown as string).then(
        () => 'none',
        (error: Error) => [error.constructor, error.message],
      );
    expect(await messageOf(signedFetch)).toEqual(await messageOf(fetch));
  });
});

describe('an init of any kind counts as for fetch', () => {
  const fields = { method: 'POST', headers: { 'x-a': 'b' }, body: 'abc' };
  const KINDS: readonly [string, () => object][] = [
    ['a Request', () => new Request('https://other.example/', fields)],
    ['a Request without a body', () => new Request('https://other.example/', { method: 'DELETE' })],
    ['a Request of the undici package', () => new undici.Request('https://other.example/', fields)],
    ['an object that inherits from another', () => Object.create(fields) as object],
    ['an object without a prototype', () => Object.assign(Object.create(null) as object, fields)],
    [
      'an instance with fields of its own beside those of its class',
      () => Object.assign(new Date(), fields),
    ],
  ];

  test.each(KINDS)('%s', async (_name, make) => {
    const url = `${server.origin}/new`;
    await fetch(url, make());
    const unsigned = server.requests.pop();
    await signedFetch(url, make());
    const signed = arrived();
    const told = (request: RawRequest | undefined): unknown => [
      request?.method,
      text(request),
      header(request, 'x-a'),
      header(request, 'content-type'),
    ];
    expect(told(signed)).toEqual(told(unsigned));
  });

  test('options of the signature can be inherited too', async () => {
    await signedFetch(`${server.origin}/new`, Object.create({ ...fields, sigv4: false }) as object);
    expect(header(server.requests[0], 'authorization')).toBeUndefined();
    expect(text(server.requests[0])).toBe('abc');
  });
});

describe('a body of any kind goes out as fetch sends it', () => {
  const transferred = (): Uint8Array => {
    const bytes = new TextEncoder().encode('gone');
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    return bytes;
  };
  const BODIES: readonly [string, () => unknown][] = [
    ['a number', () => 123],
    ['zero', () => 0],
    ['false', () => false],
    ['a bigint', () => 7n],
    ['an object', () => ({ a: 1 })],
    ['a list', () => [1, 'b']],
    ['a date', () => new Date(0)],
    // oxlint-disable-next-line no-new-wrappers -- fetch takes it
    ['a String object', () => new String('abc')],
    ['a lone surrogate', () => '\uD800'],
    ['bytes whose buffer was transferred', transferred],
    ['a buffer that was transferred', () => transferred().buffer],
    ['nothing in a buffer', () => new ArrayBuffer(0)],
  ];

  test.each(BODIES)('%s', async (_name, make) => {
    const call = async (send: SignedFetch): Promise<void> => {
      await send(`${server.origin}/x`, { method: 'POST', body: make() as string });
    };
    await call(fetch);
    const unsigned = server.requests.pop() as RawRequest;
    await call(signedFetch);
    expect(judge(arrived())).toEqual({ ...judge(unsigned), verdict: 'ok' });
  });

  test('a Symbol fails as with fetch', async () => {
    const init = { method: 'POST', body: Symbol('x') as unknown as string };
    await expect(signedFetch(`${server.origin}/x`, init)).rejects.toThrow(TypeError);
    expect(server.requests).toEqual([]);
  });

  test('a form of the undici package, with the fetch of Node or of undici', async () => {
    for (const send of [fetch, undici.fetch as unknown as typeof fetch]) {
      const form = new undici.FormData();
      form.append('text', 'ü');
      form.append('file', new Blob(['bytes']), 'a.txt');
      const body = form as unknown as FormData;
      await signedFetch(`${server.origin}/x`, { method: 'POST', body, fetch: send });
      const request = arrived();
      const type = header(request, 'content-type') ?? '';
      expect(type).toMatch(/^multipart\/form-data; boundary=/);
      const headers = { 'content-type': type };
      const read = await new Response(request.body as BodyInit, { headers }).formData();
      expect(read.get('text')).toBe('ü');
      expect(await (read.get('file') as File).text()).toBe('bytes');
    }
  });
});

describe('a Request of another implementation is sent as its own fetch sends it', () => {
  type Make = (url: string, init?: object) => unknown;
  const undiciFetch = undici.fetch as unknown as typeof fetch;
  const IMPLEMENTATIONS: readonly [string, Make, typeof fetch][] = [
    ['undici', (url, init) => new undici.Request(url, init), undiciFetch],
    [
      'node-fetch 3',
      (url, init) => new NodeFetchRequest(url, init),
      nodeFetch as unknown as typeof fetch,
    ],
    [
      'cross-fetch, which is node-fetch 2',
      (url, init) => new crossFetch.Request(url, init),
      crossFetch as unknown as typeof fetch,
    ],
    ['the polyfill whatwg-fetch', (url, init) => new polyfill.Request(url, init), fetch],
    [
      'one that shows neither signal nor body',
      (url, init = {}) => ({ url, method: 'GET', headers: new Headers(), ...init }),
      fetch,
    ],
    [
      'one whose signal and body are null',
      (url, init = {}) => {
        const given = { url, method: 'GET', headers: new Headers(), signal: null, body: null };
        return Object.assign(given, { credentials: null, mode: null, referrer: null }, init);
      },
      fetch,
    ],
  ];

  test.each(IMPLEMENTATIONS)('%s', async (name, make, own) => {
    for (const base of [fetch, own]) {
      const init = { headers: { 'x-own': 'mine' } };
      await signedFetch(make(`${server.origin}/get?a=b`, init) as Request, { fetch: base });
      const got = arrived();
      expect([got.method, got.target]).toEqual(['GET', '/get?a=b']);
      expect(got.rawHeaders).toContainEqual(['x-own', 'mine']);
      expect(got.body).toHaveLength(0);
      if (name.startsWith('one ')) continue;
      const body = new TextEncoder().encode('abc');
      const post = { method: 'POST', body, headers: { 'content-type': 'text/x-own' } };
      await signedFetch(make(`${server.origin}/post`, post) as Request, { fetch: base });
      const sent = arrived();
      expect([sent.method, header(sent, 'content-type'), text(sent)]).toEqual([
        'POST',
        'text/x-own',
        'abc',
      ]);
    }
  });

  test('with a base fetch that gets what it made itself, unsigned', async () => {
    const pass = createSignedFetch({
      credentials: CREDENTIALS,
      hosts: ['other.example'],
      fetch: undiciFetch,
    });
    const request = new undici.Request(`${server.origin}/x`, { method: 'POST', body: 'abc' });
    await pass(request as unknown as Request);
    expect(text(server.requests.pop())).toBe('abc');
  });
});

test('the name and the number of parameters are those of fetch', () => {
  expect([signedFetch.name, signedFetch.length]).toEqual([fetch.name, fetch.length]);
});

test('a Request of the caller comes with the priority and the like, as with fetch', async () => {
  const seen: unknown[] = [];
  const logging = async (_input: unknown, init?: RequestInit): Promise<Response> => {
    seen.push((init as { priority?: string } | undefined)?.priority);
    return new Response();
  };
  const request = new Request(`${server.origin}/x`);
  await signedFetch(request, { fetch: logging, priority: 'high' });
  expect(seen).toEqual(['high']);
});

describe('a Referer is sent as by fetch', () => {
  type Arguments = readonly [input: RequestInfo, init?: RequestInit];
  const url = (): string => `${server.origin}/x`;
  const page = (): RequestInit => ({ referrer: `${server.origin}/page` });
  const { signal } = new AbortController();
  const CALLS: readonly [string, () => Arguments][] = [
    ['of init', () => [url(), page()]],
    ['of init, with a signal', () => [url(), { ...page(), signal }]],
    ['of a Request', () => [new Request(url(), page())]],
    ['of a Request, with a signal', () => [new Request(url(), page()), { signal }]],
    ['of a Request, with headers', () => [new Request(url(), page()), { headers: { a: 'b' } }]],
    ['of init, beside a Request', () => [new Request(url()), page()]],
    ['of init, beside a Request and a signal', () => [new Request(url()), { ...page(), signal }]],
    ['of init, with a priority', () => [new Request(url()), { ...page(), priority: 'high' }]],
    [
      'of init, with a policy',
      () => [new Request(url()), { ...page(), referrerPolicy: 'origin', signal }],
    ],
  ];

  test.each(CALLS)('%s', async (_name, make) => {
    await fetch(...make());
    const unsigned = header(server.requests.pop(), 'referer');
    await signedFetch(...make());
    expect(header(arrived(), 'referer')).toBe(unsigned);
  });
});
