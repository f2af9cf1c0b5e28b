import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { SignerOptions } from '@sigv4/signer';
import { smithyEngine } from '@sigv4/signer/smithy';
import type { RawRequest } from '@sigv4/testing';

import { CLIENTS, type Call } from './clients.ts';
import { CREDENTIALS, header, REGION, text, verdictOf } from './judge.ts';
import { startRawServer, type RawServer } from './raw-server.ts';

let server: RawServer;
beforeAll(async () => {
  server = await startRawServer();
});
afterAll(() => server.close());

const BOTH_ENGINES = Object.entries(CLIENTS).flatMap(([name, make]) =>
  [undefined, smithyEngine()].map(
    (engine) =>
      [
        engine ? `${name}, by AWS's code` : name,
        (options: SignerOptions) => make({ engine, ...options }),
      ] as const,
  ),
);

describe.each(BOTH_ENGINES)('%s', (_client, make) => {
  const client = make({ credentials: CREDENTIALS, region: REGION });

  async function send(path: string, call?: Call): Promise<RawRequest | undefined> {
    const before = server.requests.length;
    expect(await client(server.origin + path, call)).toBe(200);
    expect(server.requests.length - before).toBe(1);
    return server.requests.at(-1);
  }

  test.each([
    '/',
    '/prod/orders',
    '/a b/ü/€/😀',
    "/a%2Fb/%2f/%41/*'()!:@$&+,;=",
    '/a//b/',
    '/a/../b/./c',
    '/%zz/100%',
    '/?a=1&a=2&b=&c&=d',
    '/?q=a b+c%20d%2Be&ü=€😀',
    '/?x=*\'()!:@/?$,;|^`{}[]"<>\\',
    '/?b=2&a=1&a-b=3',
    `/?long=${'ü'.repeat(2000)}`,
  ])('%.60s', async (path) => {
    expect(verdictOf(await send(path))).toMatchObject({ ok: true });
  });

  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'patch', 'report'])(
    '%s',
    async (method) => {
      const request = await send('/x', { method });
      expect(request?.method).toBe(method.toUpperCase());
      expect(verdictOf(request)).toMatchObject({ ok: true });
    },
  );

  test('headers of the caller arrive, and stale ones of a signature do not', async () => {
    const request = await send('/x', {
      method: 'POST',
      body: '{}',
      headers: {
        'Content-Type': 'application/json; charset=UTF-8',
        'X-Amz-Meta-A': ' b   c ',
        'X-Tenant': 't',
        Authorization: 'AWS4-HMAC-SHA256 Credential=stale',
        'X-Amz-Date': '20200101T000000Z',
        'X-Amz-Security-Token': 'stale',
      },
    });
    expect(header(request, 'content-type')).toBe('application/json; charset=UTF-8');
    expect(header(request, 'x-tenant')).toBe('t');
    expect(JSON.stringify(request?.rawHeaders)).not.toMatch(/stale|20200101/);
    expect(verdictOf(request)).toMatchObject({ ok: true });
  });

  test('a type that is sent is signed', async () => {
    const request = await send('/x', { method: 'POST', body: 'a' });
    const verdict = verdictOf(request);
    const signed = verdict.ok ? verdict.signedHeaders : [];
    expect(signed.includes('content-type')).toBe(header(request, 'content-type') !== undefined);
  });

  test('what cannot be signed is not sent', async () => {
    const before = server.requests.length;
    const nowhere = make({ credentials: CREDENTIALS, service: 'execute-api' });
    await expect(nowhere(`${server.origin}/`)).rejects.toMatchObject({ code: 'ERR_SIGV4_REGION' });
    const broken = make({
      credentials: async () => ({ ...CREDENTIALS, sessionToken: 'a b' }),
      region: REGION,
    });
    await expect(broken(`${server.origin}/`)).rejects.toMatchObject({
      code: 'ERR_SIGV4_CREDENTIALS',
    });
    expect(server.requests.length).toBe(before);
  });

  test('other hosts get their request as it was', async () => {
    const before = server.requests.length;
    const selective = make({
      credentials: CREDENTIALS,
      region: REGION,
      hosts: ['api.example.com'],
    });
    await selective(`${server.origin}/a:b?q=x+y`, {
      method: 'POST',
      body: 'abc',
      headers: { Authorization: 'Bearer x' },
    });
    const request = server.requests[before];
    expect(header(request, 'authorization')).toBe('Bearer x');
    expect(header(request, 'x-amz-date')).toBeUndefined();
    expect(request?.target).toBe('/a:b?q=x+y');
    expect(text(request)).toBe('abc');
  });
});
