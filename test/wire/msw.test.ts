import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import type { RawRequest } from '@sigv4/testing';

import { CLIENTS } from './clients.ts';
import { CREDENTIALS, REGION, text, verdictOf } from './judge.ts';

const API = 'https://api.example.com/prod/orders';
let came: RawRequest[] = [];
let refusals = 0;

const server = setupServer(
  http.all(API, async ({ request }) => {
    const { pathname, search, host } = new URL(request.url);
    const headers = [...request.headers].filter(([name]) => name !== 'host');
    came.push({
      method: request.method,
      target: pathname + search,
      rawHeaders: [['host', request.headers.get('host') ?? host], ...headers],
      body: new Uint8Array(await request.arrayBuffer()),
    });
    if (refusals-- <= 0) return HttpResponse.json({ mocked: true });
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    const type = 'RequestTimeTooSkewed';
    return new HttpResponse(null, { status: 403, headers: { date, 'x-amzn-errortype': type } });
  }),
);
beforeAll(() => server.listen());
afterEach(() => {
  came = [];
  refusals = 0;
});
afterAll(() => server.close());

// undici's own fetch is none that MSW knows.
const KNOWN = Object.entries(CLIENTS).filter(([name]) => name !== 'fetch of undici');

describe.each(KNOWN)('MSW sees what %s signs', (_name, make) => {
  // Made before the mock listens.
  const client = make({ credentials: CREDENTIALS, region: REGION });

  test.each([
    ['GET', undefined],
    ['POST', JSON.stringify({ a: 'ü' })],
    ['PUT', new Blob(['abc'], { type: 'text/x-a' })],
  ])('%s', async (method, body) => {
    expect(await client(`${API}?q=a b&q=ü`, { method, body })).toBe(200);
    expect(came.map((request) => request.target)).toEqual(['/prod/orders?q=a%20b&q=%C3%BC']);
    expect(verdictOf(came[0])).toMatchObject({ ok: true });
  });

  test('a refusal that is mocked is answered by a second attempt', async () => {
    refusals = 1;
    expect(await client(API, { method: 'POST', body: 'abc' })).toBe(200);
    expect(came.map(text)).toEqual(['abc', 'abc']);
  });
});
