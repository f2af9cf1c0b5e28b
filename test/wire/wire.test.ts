import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import axios from 'axios';
import FormDataPackage from 'form-data';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import type { SignerOptions } from '@sigv4/signer';
import { smithyEngine } from '@sigv4/signer/smithy';
import { verifySignature, type RawRequest, type Verdict } from '@sigv4/testing';

import { CLIENTS, type Call } from './clients.ts';
import { startRawServer, type RawServer } from './raw-server.ts';

const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: 'to/ken+=',
};
const REGION = 'eu-west-1';

let server: RawServer;
beforeAll(async () => {
  server = await startRawServer();
});
afterAll(() => server.close());

function verify(request: RawRequest | undefined): Verdict {
  if (!request) throw new Error('nothing came');
  return verifySignature(request, {
    keys: (id) => (id === CREDENTIALS.accessKeyId ? CREDENTIALS : undefined),
    service: 'execute-api',
    region: REGION,
  });
}

function header(request: RawRequest | undefined, name: string): string | undefined {
  return request?.rawHeaders.find(([key]) => key.toLowerCase() === name)?.[1];
}

function text(request: RawRequest | undefined): string {
  return new TextDecoder().decode(request?.body);
}

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
    expect(verify(await send(path))).toMatchObject({ ok: true });
  });

  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'patch', 'report'])(
    '%s',
    async (method) => {
      const request = await send('/x', { method });
      expect(request?.method).toBe(method.toUpperCase());
      expect(verify(request)).toMatchObject({ ok: true });
    },
  );

  const bytes = new Uint8Array([0, 1, 254, 255]);
  test.each<[string, () => unknown, string]>([
    ['a string', () => 'grüße 😀', 'grüße 😀'],
    ['an empty string', () => '', ''],
    ['JSON', () => JSON.stringify({ a: 'ü', b: [1, null] }), '{"a":"ü","b":[1,null]}'],
    ['URLSearchParams', () => new URLSearchParams({ a: 'b c', ü: '€' }), 'a=b+c&%C3%BC=%E2%82%AC'],
    ['an ArrayBuffer', () => new TextEncoder().encode('abc').buffer, 'abc'],
    ['a Buffer', () => Buffer.from('abc'), 'abc'],
    ['a Blob', () => new Blob(['a', 'bc'], { type: 'text/x-a' }), 'abc'],
    ['a web stream', () => new Blob(['abc']).stream(), 'abc'],
  ])('%s as body', async (_name, body, expected) => {
    const request = await send('/x', { method: 'POST', body: body() });
    expect(text(request)).toBe(expected);
    expect(verify(request)).toMatchObject({ ok: true });
  });

  test('bytes that are no text', async () => {
    const request = await send('/x', { method: 'PUT', body: bytes.buffer });
    expect(request?.body).toEqual(bytes);
    expect(verify(request)).toMatchObject({ ok: true });
  });

  test('a form with a file: the boundary in the type is that of the body', async () => {
    const form = new FormData();
    form.append('a', 'ü');
    form.append('file', new Blob([bytes]), 'näme.bin');
    const request = await send('/x', { method: 'POST', body: form });
    const boundary = /boundary=(.*)$/.exec(header(request, 'content-type') ?? '')?.[1];
    expect(boundary).toMatch(/.{10,}/);
    expect(text(request)).toContain(`--${boundary}--`);
    expect(verify(request)).toMatchObject({ ok: true });
  });

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
    expect(verify(request)).toMatchObject({ ok: true });
  });

  test('a type that is sent is signed', async () => {
    const request = await send('/x', { method: 'POST', body: 'a' });
    const verdict = verify(request);
    const signed = verdict.ok ? verdict.signedHeaders : [];
    expect(signed.includes('content-type')).toBe(header(request, 'content-type') !== undefined);
  });

  test.each([
    [307, 'POST', 'POST', 'abc'],
    [302, 'POST', 'GET', ''],
  ])('a %i to the same origin is followed, signed anew', async (status, method, method2, body) => {
    server.answers.push(`HTTP/1.1 ${status} Moved\r\nlocation: /there?a=b c`);
    const before = server.requests.length;
    expect(await client(`${server.origin}/here`, { method, body: 'abc' })).toBe(200);
    const [first, second, ...more] = server.requests.slice(before);
    expect(more).toEqual([]);
    expect(second).toMatchObject({ method: method2, target: '/there?a=b%20c' });
    expect(text(second)).toBe(body);
    expect(verify(first)).toMatchObject({ ok: true });
    expect(verify(second)).toMatchObject({ ok: true });
  });

  test('another origin gets nothing on a redirect', async () => {
    const other = await startRawServer();
    server.answers.push(`HTTP/1.1 307 Moved\r\nlocation: ${other.origin}/`);
    await expect(client(`${server.origin}/here`)).rejects.toMatchObject({
      code: 'ERR_SIGV4_REDIRECT',
    });
    expect(other.requests).toEqual([]);
    await other.close();
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

describe('bodies that only axios takes', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['an object as JSON', () => ({ a: 'ü' }), /^\{"a":"ü"\}$/],
    ['a Node stream', () => Readable.from([Buffer.from('a'), Buffer.from('bc')]), /^abc$/],
    [
      'the form-data package',
      () => {
        const form = new FormDataPackage();
        form.append('a', 'b');
        form.append('file', Buffer.from('xyz'), 'f.bin');
        return form;
      },
      /name="a"\r\n\r\nb\r\n.*name="file"; filename="f\.bin".*xyz/s,
    ],
  ])('%s', async (_name, body, expected) => {
    for (const adapter of ['http', 'fetch'] as const) {
      const instance = axios.create({ adapter });
      instance.interceptors.request.use(
        sigv4Interceptor({ credentials: CREDENTIALS, region: REGION }),
      );
      await instance.post(`${server.origin}/x`, body());
      const request = server.requests.at(-1);
      expect(text(request)).toMatch(expected);
      expect(verify(request)).toMatchObject({ ok: true });
    }
  });
});

test('axios over a socket of the file system: the Host that is sent is the one that is signed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sigv4-'));
  const local = await startRawServer(join(folder, 's'));
  const instance = axios.create({
    socketPath: join(folder, 's'),
    baseURL: 'http://localhost/prod',
  });
  instance.interceptors.request.use(sigv4Interceptor({ credentials: CREDENTIALS, region: REGION }));
  await instance.get('/orders');
  expect(header(local.requests[0], 'host')).toBe('localhost');
  expect(verify(local.requests[0])).toMatchObject({ ok: true });
  await local.close();
  await rm(folder, { recursive: true });
});
