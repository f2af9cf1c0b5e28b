import { describe, expect, test, vi } from 'vitest';

import { createRequestSigner, type RequestSignerOptions } from '@sigv4/fetch';
import type { SigV4Event } from '@sigv4/signer';

import { CREDENTIALS, header, judge, REGION, text, verdictOf } from '../wire/judge.ts';
import { sharedRawServer } from '../wire/shared-server.ts';

const server = sharedRawServer();

function requestSigner(options: RequestSignerOptions = {}): (request: Request) => Promise<Request> {
  return createRequestSigner({
    credentials: CREDENTIALS,
    service: 'execute-api',
    region: REGION,
    ...options,
  });
}

const url = (): string => `${server.origin}/a b/(c)?q=1+2&q=%C3%BC&e`;

const REQUESTS: readonly [string, () => Request][] = [
  ['a GET', () => new Request(url())],
  ['text', () => new Request(url(), { method: 'POST', body: 'ü' })],
  ['bytes', () => new Request(url(), { method: 'PUT', body: new Uint8Array([0, 255]) })],
  ['no body', () => new Request(url(), { method: 'DELETE' })],
  [
    'a stream',
    () => {
      const body = new Blob(['streamed']).stream();
      return new Request(url(), { method: 'POST', body, duplex: 'half' } as RequestInit);
    },
  ],
  [
    'a form',
    () => {
      const body = new FormData();
      body.append('a', new Blob(['x'], { type: 'text/x-a' }), 'a.txt');
      return new Request(url(), { method: 'POST', body });
    },
  ],
  ['own headers', () => new Request(url(), { headers: { 'x-own': 'a,  b', accept: 'text/x' } })],
];

describe('what a signed Request sends has a signature that holds', () => {
  test.each(REQUESTS)('%s', async (_name, make) => {
    await fetch(make());
    const unsigned = server.requests.pop();
    await fetch(await requestSigner()(make()));
    const signed = server.requests.pop();
    expect(verdictOf(signed)).toMatchObject({ ok: true });
    const { method, type, body } = judge(unsigned as never);
    expect(judge(signed as never)).toMatchObject({ method, type, body });
    for (const name of ['x-own', 'accept']) {
      expect(header(signed, name)).toBe(header(unsigned, name));
    }
  });

  test('the signature can be in the query', async () => {
    await fetch(await requestSigner({ signatureIn: 'query' })(new Request(url())));
    expect(server.requests[0]?.target).toContain('X-Amz-Signature=');
    expect(verdictOf(server.requests[0])).toMatchObject({ ok: true });
  });

  test('a body that the signature leaves out', async () => {
    const sign = createRequestSigner({
      credentials: CREDENTIALS,
      service: 's3',
      region: REGION,
      payload: 'unsigned',
      maxBufferedBytes: 1,
      allowInsecureHttp: true,
    });
    const signed = await sign(new Request(url(), { method: 'PUT', body: 'abc' }));
    await fetch(signed);
    expect(text(server.requests[0])).toBe('abc');
    expect(header(server.requests[0], 'x-amz-content-sha256')).toBe('UNSIGNED-PAYLOAD');
    expect(verdictOf(server.requests[0], 's3')).toMatchObject({ ok: true });
  });
});

test('a Request to another host comes back unsigned, and an event tells why', async () => {
  const events: SigV4Event[] = [];
  const sign = requestSigner({ hosts: ['other.example'], onEvent: (event) => events.push(event) });
  const init = { method: 'POST', body: 'abc', headers: { 'x-own': 'mine' } };
  await fetch(await sign(new Request(url(), init)));
  expect(header(server.requests[0], 'authorization')).toBeUndefined();
  expect(header(server.requests[0], 'x-own')).toBe('mine');
  expect(text(server.requests[0])).toBe('abc');
  expect(events.map(({ type }) => type)).toEqual(['passed']);
});

test('no redirect is followed with the signature of the request before', async () => {
  server.answers.push('HTTP/1.1 302 Found\r\nlocation: /elsewhere');
  const answer = await fetch(await requestSigner()(new Request(url())));
  expect([answer.status, answer.headers.get('location')]).toEqual([302, '/elsewhere']);
  expect(server.requests).toHaveLength(1);
});

test('the Request that was given gets nothing of the signature', async () => {
  const given = new Request(url(), { headers: { 'x-own': 'mine' } });
  const signed = await requestSigner()(given);
  expect([...given.headers]).toEqual([['x-own', 'mine']]);
  expect(signed).not.toBe(given);
});

test('an abort reaches the signed Request, and ends the wait for credentials', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const signed = await requestSigner()(new Request(url(), { signal }));
  const never = requestSigner({ credentials: () => new Promise(() => {}) });
  const waiting = never(new Request(url(), { signal }));
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(fetch(signed)).rejects.toThrow('enough');
  expect(server.requests).toEqual([]);
});

test('a request that cannot be signed is refused, and nothing is sent', async () => {
  const send = vi.spyOn(globalThis, 'fetch');
  try {
    await expect(
      requestSigner()(new Request('http://far.example/', { method: 'POST', body: 'x' })),
    ).rejects.toMatchObject({ code: 'ERR_SIGV4_INSECURE' });
    expect(send).not.toHaveBeenCalled();
  } finally {
    send.mockRestore();
  }
});

test.each([['fetch'], ['retryRejected'], ['clockSkewCorrection'], ['hostz']])(
  'the option %s is refused, since nothing could heed it',
  (name) => {
    const options = { [name]: name === 'fetch' ? fetch : true };
    expect(() => createRequestSigner(options)).toThrow(
      new RegExp(`^${name}: there is no such option`),
    );
  },
);
