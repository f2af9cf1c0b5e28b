import axios from 'axios';
import axiosRetry from 'axios-retry';
import ky from 'ky';
import { describe, expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import { sigv4Hooks } from '@sigv4/ky';
import type { SigV4Event } from '@sigv4/signer';

import { CLIENTS, type Make } from '../wire/clients.ts';
import { CREDENTIALS, header, REGION, verdictOf } from '../wire/judge.ts';
import { sharedRawServer } from '../wire/shared-server.ts';

const server = sharedRawServer();

/** What somebody else signed, as these look. */
const PRESIGNED: Readonly<Record<string, string>> = {
  SigV4:
    'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAOTHER%2F20260102%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&x-id=GetObject&X-Amz-Signature=0123abcd',
  'SigV4a, of a session':
    'X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Credential=ASIAOTHER%2F20260102%2Fs3%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=900&X-Amz-Region-Set=*&X-Amz-Security-Token=to%2Fken%3D&X-Amz-SignedHeaders=host&X-Amz-Signature=0123abcd',
  "S3's older one":
    'AWSAccessKeyId=AKIAOTHER&Signature=vjbyPxybdZaNmGa%2ByT272YEAiv4%3D&Expires=1767323045',
  'CloudFront, canned': 'Expires=1767323045&Signature=a-b~c__&Key-Pair-Id=K2JCJMDEHXQW5F',
  'CloudFront, by a policy': 'Policy=eyJ-b~c__&Signature=a-b~c__&Key-Pair-Id=K2JCJMDEHXQW5F',
};

const SIGNERS = {
  'a region is named': { region: REGION },
  'the host is listed': { region: REGION, hosts: ['127.0.0.1'] },
  'signatures go into the query': { region: REGION, signatureIn: 'query' },
  'unsigned calls are refused': { region: REGION, unsigned: 'error' },
} as const;

const WAYS = Object.keys(SIGNERS) as (keyof typeof SIGNERS)[];
const CASES = Object.entries(PRESIGNED).flatMap(([kind, query]) =>
  WAYS.map((way) => [kind, way, query] as const),
);

/** What tells one client's requests from another's. */
function wire(): unknown {
  return server.requests.map(({ method, target, rawHeaders, body }) => ({
    method,
    target,
    headers: rawHeaders.map(([name, value]) => `${name.toLowerCase()}: ${value}`).toSorted(),
    body: Buffer.from(body).toString(),
  }));
}

describe.each(Object.entries(CLIENTS))('%s', (_name, make: Make) => {
  test.each(CASES)(
    'a URL with a signature of %s goes as it is if %s',
    async (_kind, way, query) => {
      const url = `${server.origin}/bucket/a%20key?${query}`;
      const call = { method: 'PUT', body: 'x', headers: { 'content-type': 'text/plain' } };
      await make()(url, call);
      const unsigned = wire();
      server.requests.length = 0;
      const events: SigV4Event[] = [];
      const client = make({
        ...SIGNERS[way],
        credentials: CREDENTIALS,
        onEvent: (event) => events.push(event),
      });
      expect(await client(url, call)).toBe(200);
      expect(wire()).toEqual(unsigned);
      expect(events).toEqual([
        { type: 'passed', host: new URL(url).host, reason: 'its URL is presigned' },
      ]);
    },
  );

  test.each(Object.entries(PRESIGNED))(
    'a redirect to a URL with a signature of %s is followed as it is',
    async (_kind, query) => {
      const events: SigV4Event[] = [];
      const client = make({
        region: REGION,
        credentials: CREDENTIALS,
        onEvent: (event) => events.push(event),
      });
      const location = `/bucket/key?${query}`;
      server.answers.push(`HTTP/1.1 307 Elsewhere\r\nlocation: ${location}`);
      expect(await client(`${server.origin}/x`, { method: 'POST', body: 'abc' })).toBe(200);
      const [, second] = server.requests;
      expect(second?.target).toBe(location);
      expect([second?.method, Buffer.from(second?.body ?? '').toString()]).toEqual(['POST', 'abc']);
      expect(JSON.stringify(second?.rawHeaders)).not.toMatch(/authorization|x-amz-/i);
      expect(events.map(({ type }) => type)).toEqual(['passed']);
    },
  );

  test('a redirect from a presigned URL is followed on, signed for our origin alone', async () => {
    const client = make({ region: REGION, credentials: CREDENTIALS });
    const presigned = `/bucket/key?${PRESIGNED['SigV4']}`;
    server.answers.push(
      `HTTP/1.1 307 Elsewhere\r\nlocation: ${presigned}`,
      `HTTP/1.1 307 Elsewhere\r\nlocation: ${presigned}&again=1`,
      'HTTP/1.1 303 Elsewhere\r\nlocation: next?a=b',
    );
    expect(await client(`${server.origin}/x`, { method: 'POST', body: 'abc' })).toBe(200);
    const [, , second, last] = server.requests;
    expect(server.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'POST /x',
      `POST ${presigned}`,
      `POST ${presigned}&again=1`,
      'GET /bucket/next?a=b',
    ]);
    expect(header(second, 'authorization')).toBeUndefined();
    expect(verdictOf(last)).toMatchObject({ ok: true });

    server.answers.push(
      `HTTP/1.1 307 Elsewhere\r\nlocation: ${presigned}`,
      'HTTP/1.1 307 Elsewhere\r\nlocation: https://other.example/',
    );
    await expect(client(`${server.origin}/x`)).rejects.toMatchObject({
      code: 'ERR_SIGV4_REDIRECT',
    });
  });

  test('a refusal of a presigned URL costs no second call', async () => {
    const client = make({ region: REGION, credentials: CREDENTIALS });
    const before = server.requests.length;
    server.answers.push(
      `HTTP/1.1 307 Elsewhere\r\nlocation: /key?${PRESIGNED['SigV4']}`,
      'HTTP/1.1 403 No\r\nx-amzn-errortype: InvalidSignatureException\r\ndate: Thu, 01 Jan 2099 00:00:00 GMT',
    );
    await client(`${server.origin}/x`).catch(() => {});
    expect(server.requests.length - before).toBe(2);
  });

  test('a redirect that repeats our own signature is signed anew', async () => {
    const client = make({
      region: REGION,
      credentials: CREDENTIALS,
      signatureIn: 'query',
      // The second call has the signature that the first one had, which the server can repeat.
      now: () => Date.UTC(2026, 0, 2),
    });
    await client(`${server.origin}/x?a=b`);
    const { target } = server.requests[0] ?? { target: '' };
    server.answers.push(`HTTP/1.1 307 Elsewhere\r\nlocation: ${target.replace('/x', '/y')}`);
    expect(await client(`${server.origin}/x?a=b`)).toBe(200);
    const urls = server.requests.map((request) => new URL(request.target, server.origin));
    expect(urls.map(({ pathname }) => pathname)).toEqual(['/x', '/x', '/y']);
    const [old, , anew] = urls.map(({ searchParams }) => searchParams.getAll('X-Amz-Signature'));
    expect(anew).toHaveLength(1);
    expect(anew).not.toEqual(old);
  });
});

describe("a client's own retry signs anew into the query", () => {
  const start = Date.UTC(2026, 0, 2, 3, 4, 5);
  function clocked(): { now: () => number } {
    let calls = 0;
    // Each reading is a second later.
    return { now: () => start + 1000 * (calls += 1) };
  }
  const options = { region: REGION, credentials: CREDENTIALS, signatureIn: 'query' } as const;

  function signatures(): (string | null)[] {
    return server.requests.map(({ target }) =>
      new URL(target, server.origin).searchParams.get('X-Amz-Signature'),
    );
  }

  test.each(['http', 'fetch'] as const)('axios-retry, %s adapter', async (adapter) => {
    const instance = axios.create({ adapter });
    instance.interceptors.request.use(sigv4Interceptor({ ...options, ...clocked() }));
    axiosRetry(instance, { retries: 2, retryDelay: () => 0 });
    server.answers.push('HTTP/1.1 503 Later', 'HTTP/1.1 503 Later');
    await instance.get(`${server.origin}/x?a=b`);
    expect(new Set(signatures()).size).toBe(3);
    for (const { target } of server.requests) expect(target.match(/X-Amz-/g)).toHaveLength(7);
  });

  test('ky', async () => {
    const api = ky.extend({
      hooks: sigv4Hooks({ ...options, ...clocked() }),
      retry: { limit: 2, delay: () => 0 },
    });
    server.answers.push('HTTP/1.1 503 Later', 'HTTP/1.1 503 Later');
    await api.get(`${server.origin}/x?a=b`);
    expect(new Set(signatures()).size).toBe(3);
    for (const { target } of server.requests) expect(target.match(/X-Amz-/g)).toHaveLength(7);
  });
});

test('what axios reports of such a call is what it reports without signing', async () => {
  const url = `${server.origin}/x?${PRESIGNED['SigV4']}`;
  const instance = axios.create();
  instance.interceptors.request.use(sigv4Interceptor({ region: REGION, credentials: CREDENTIALS }));
  const response = await instance.get(url);
  expect(response.config.url).toBe(url);
  expect(header(server.requests[0], 'authorization')).toBeUndefined();
});
