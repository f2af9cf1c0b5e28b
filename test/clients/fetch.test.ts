import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { createSignedFetch, type SignedFetch, type SignedFetchOptions } from '@sigv4/fetch';
import type { SigV4Event } from '@sigv4/signer';
import type { LocalAws } from '@sigv4/testing';

import { CALLER, INTERN, startWorld, type Echo } from '../world.ts';

let aws: LocalAws;
beforeEach(async () => {
  aws = await startWorld();
});
afterEach(() => aws.close());

function signedFetch(options: SignedFetchOptions = {}): SignedFetch {
  return createSignedFetch({
    credentials: aws.credentialsOf(CALLER),
    region: aws.region,
    now: aws.clock.now,
    ...options,
  });
}

async function echo(response: Response): Promise<Echo> {
  expect(response.status).toBe(200);
  return (await response.json()) as Echo;
}

describe('takes what fetch takes', () => {
  test('a string, a URL, a Request', async () => {
    const url = `${aws.apiUrl}/orders?a=b`;
    for (const input of [url, new URL(url), new Request(url)]) {
      expect(await echo(await signedFetch()(input))).toMatchObject({
        method: 'GET',
        path: '/orders',
        query: [['a', 'b']],
      });
    }
  });

  test('a Request with a body, whose fields init overrides', async () => {
    const make = (): Request =>
      new Request(`${aws.apiUrl}/orders`, {
        method: 'POST',
        body: 'abc',
        headers: { 'content-type': 'text/x-a' },
      });
    expect(await echo(await signedFetch()(make()))).toMatchObject({
      method: 'POST',
      body: 'abc',
      type: 'text/x-a',
    });
    expect(
      await echo(
        await signedFetch()(make(), {
          method: 'PUT',
          body: 'def',
          headers: { 'content-type': 'text/x-b' },
        }),
      ),
    ).toMatchObject({
      method: 'PUT',
      body: 'def',
      type: 'text/x-b',
    });
    // Of another implementation of fetch.
    const { url, method, headers, signal } = make();
    const lookalike = { url, method, headers, signal } as Request;
    expect(await echo(await signedFetch()(lookalike, { body: 'ghi' }))).toMatchObject({
      method: 'POST',
      body: 'ghi',
      type: 'text/x-a',
    });
    const used = make();
    await signedFetch()(used);
    expect(used.bodyUsed).toBe(true);
  });

  test.each([
    ['text', () => 'x', 'text/plain;charset=UTF-8'],
    [
      'a query',
      () => new URLSearchParams('a=b'),
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
    ['a typed Blob', () => new Blob(['x'], { type: 'text/x-a' }), 'text/x-a'],
    ['bytes', () => new Uint8Array(1), null],
  ])('%s gets the type that fetch gives it', async (_name, body, type) => {
    expect(
      (await echo(await signedFetch()(`${aws.apiUrl}/x`, { method: 'POST', body: body() }))).type,
    ).toBe(type);
  });

  test('a multipart type without its boundary is completed', async () => {
    const body = new FormData();
    body.append('a', 'b');
    const init = { method: 'POST', body, headers: { 'content-type': 'multipart/form-data' } };
    expect((await echo(await signedFetch()(`${aws.apiUrl}/x`, init))).type).toMatch(
      /^multipart\/form-data; boundary=.+/,
    );
  });

  test.each([
    ['a body on GET', { body: 'x' }],
    [
      'a body on a GET that is a stream',
      { body: new Blob(['x']).stream(), duplex: 'half' as const },
    ],
  ])('%s is refused as fetch does', async (_name, init) => {
    await expect(signedFetch()(`${aws.apiUrl}/x`, init)).rejects.toThrow(TypeError);
    expect(aws.requests).toEqual([]);
  });
});

test('a URL object that changes after the call leads nowhere else', async () => {
  const other = vi.fn<typeof fetch>();
  const url = new URL(`${aws.apiUrl}/x`);
  const calling = signedFetch({ hosts: [url.host], region: undefined })(url);
  url.host = 'evil.example';
  vi.stubEnv('AWS_REGION', aws.region);
  try {
    await calling;
  } catch {
    // Without AWS_REGION at the time of the call; what counts is where it went.
  } finally {
    vi.unstubAllEnvs();
  }
  expect(other).not.toHaveBeenCalled();
  expect(
    aws.requests.every(({ rawHeaders }) => rawHeaders.flat().join().includes('127.0.0.1')),
  ).toBe(true);
});

test('a request with an Authorization of another scheme is sent as it is, a Request too', async () => {
  const headers = { authorization: 'Bearer x' };
  await signedFetch()(`${aws.apiUrl}/x`, { headers });
  await signedFetch()(new Request(`${aws.apiUrl}/x`, { headers }));
  for (const { rawHeaders } of aws.requests) {
    const names = rawHeaders.map(([name]) => name.toLowerCase());
    expect(names).not.toContain('x-amz-date');
    expect(rawHeaders).toContainEqual(['authorization', 'Bearer x']);
  }
});

test('a Host that fetch would not send is not signed', async () => {
  expect(
    (await signedFetch()(`${aws.apiUrl}/x`, { headers: { Host: 'api.example.com' } })).status,
  ).toBe(200);
});

test("a Request's own fields go through, and its headers are replaced as fetch does", async () => {
  const base = vi.fn<typeof fetch>(async () => new Response());
  const request = new Request(`${aws.apiUrl}/x`, {
    method: 'POST',
    body: 'a',
    cache: 'no-store',
    redirect: 'error',
  });
  await signedFetch({ fetch: base })(request, { headers: { 'x-a': 'b' } });
  const sent = base.mock.calls[0]?.[0] as Request;
  expect(sent).toMatchObject({ cache: 'no-store', redirect: 'error' });
  expect([sent.headers.get('x-a'), sent.headers.has('content-type')]).toEqual(['b', false]);
});

test('an abort ends the wait for a body that stalls', async () => {
  const controller = new AbortController();
  const calling = signedFetch()(`${aws.apiUrl}/x`, {
    method: 'POST',
    body: new ReadableStream(),
    duplex: 'half',
    signal: controller.signal,
  } as RequestInit);
  controller.abort();
  await expect(calling).rejects.toMatchObject({ name: 'AbortError' });
});

test('null is taken for no init, as by fetch', async () => {
  expect((await signedFetch()(`${aws.apiUrl}/x`, null as never)).status).toBe(200);
});

describe('one call', () => {
  test('can go unsigned, have options of its own, or go through a fetch of its own', async () => {
    const call = signedFetch();
    expect((await call(`${aws.apiUrl}/x`, { sigv4: false })).status).toBe(403);
    expect((await call(`${aws.apiUrl}/x`, { sigv4: { region: 'us-east-1' } })).status).toBe(403);
    const own = vi.fn<typeof fetch>(async () => new Response('own'));
    expect(await (await call(`${aws.apiUrl}/x`, { fetch: own, cache: 'no-store' })).text()).toBe(
      'own',
    );
    expect(own.mock.calls[0]?.[1]).toMatchObject({ cache: 'no-store', redirect: 'manual' });
    expect(own.mock.calls[0]?.[1]).not.toHaveProperty('sigv4');
  });

  test('sends nothing if it is aborted while the credentials are fetched', async () => {
    const controller = new AbortController();
    const calling = signedFetch({
      credentials: async () => {
        controller.abort();
        return aws.credentialsOf(CALLER);
      },
    })(`${aws.apiUrl}/x`, { signal: controller.signal });
    await expect(calling).rejects.toMatchObject({ name: 'AbortError' });
    expect(aws.requests).toEqual([]);
  });

  test("a Request's own signal counts", async () => {
    const request = new Request(`${aws.apiUrl}/x`, { signal: AbortSignal.abort() });
    await expect(signedFetch()(request)).rejects.toMatchObject({ name: 'AbortError' });
    expect(aws.requests).toEqual([]);
  });
});

test('the global fetch is the one at the time of the call', async () => {
  const call = signedFetch();
  const replaced = vi.fn<typeof fetch>(async () => new Response('replaced'));
  vi.stubGlobal('fetch', replaced);
  try {
    expect(await (await call(`${aws.apiUrl}/x`)).text()).toBe('replaced');
  } finally {
    vi.unstubAllGlobals();
  }
});

test('a refusal is a Response like any other, and its body is unread', async () => {
  const response = await signedFetch({ credentials: aws.credentialsOf(INTERN) })(`${aws.apiUrl}/x`);
  expect(response.status).toBe(403);
  expect(response.bodyUsed).toBe(false);
  expect(await response.json()).toMatchObject({
    Message: expect.stringContaining('not authorized'),
  });
});

test.each(['manual', 'error'] as const)("redirect: '%s' is fetch's own", async (redirect) => {
  const base = vi.fn<typeof fetch>(
    async () => new Response(null, { status: 307, headers: { location: '/x' } }),
  );
  const response = await signedFetch({ fetch: base })(`${aws.apiUrl}/x`, { redirect });
  expect(response.status).toBe(307);
  expect(base.mock.calls.map(([, init]) => init?.redirect)).toEqual([redirect]);
});

test('a redirect that a browser hides is an error, not an answer', async () => {
  const opaque = {
    type: 'opaqueredirect',
    status: 0,
    headers: new Headers(),
    clone: () => new Response(),
  };
  const base = vi.fn<typeof fetch>(async () => opaque as unknown as Response);
  await expect(signedFetch({ fetch: base })(`${aws.apiUrl}/x`)).rejects.toMatchObject({
    code: 'ERR_SIGV4_REDIRECT',
  });
});

test('a request to another host is sent unsigned, and an event tells', async () => {
  const events: SigV4Event[] = [];
  const call = signedFetch({ region: undefined, onEvent: (event) => events.push(event) });
  expect((await call(`${aws.apiUrl}/x`)).status).toBe(403);
  expect(events).toMatchObject([
    { type: 'passed', reason: expect.stringContaining('name `region` or `hosts`') },
    {
      type: 'rejected',
      rejection: { explanation: expect.stringContaining('name `region` or `hosts`') },
    },
  ]);
});

test('an unknown option is refused when the fetch is made', () => {
  expect(() => createSignedFetch({ fetch: {} as typeof fetch })).toThrow(
    /fetch: expected a function/,
  );
  expect(() => createSignedFetch('https://api.example.com' as never)).toThrow(
    /^createSignedFetch: expected an object with /,
  );
});
