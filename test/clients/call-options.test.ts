import axios from 'axios';
import ky from 'ky';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';
import { createSigner, type SignerOptions } from '@sigv4/signer';

import { CREDENTIALS, header, REGION, verdictOf } from '../wire/judge.ts';
import { startRawServer, type RawServer } from '../wire/raw-server.ts';

let server: RawServer;
beforeAll(async () => {
  server = await startRawServer();
});
beforeEach(() => {
  server.requests.length = 0;
});
afterAll(() => server.close());

/** A call with options of its own, as somebody without types may write them. */
type Send = (url: string, sigv4: unknown, headers?: Record<string, string>) => Promise<unknown>;

const CLIENTS: Readonly<Record<string, (options: SignerOptions) => Send>> = {
  ...Object.fromEntries(
    (['http', 'fetch'] as const).map((adapter) => [
      `axios, ${adapter} adapter`,
      (options: SignerOptions): Send => {
        const instance = axios.create({ adapter });
        instance.interceptors.request.use(sigv4Interceptor(options));
        return (url, sigv4, headers = {}) => instance.get(url, { sigv4, headers } as object);
      },
    ]),
  ),
  fetch: (options) => {
    const send = createSignedFetch(options);
    return (url, sigv4, headers = {}) => send(url, { sigv4, headers } as object);
  },
  ky: (options) => {
    const api = ky.extend({ hooks: sigv4Hooks(options), retry: 0 });
    return (url, sigv4, headers = {}) => api.get(url, { context: { sigv4 }, headers });
  },
  'a client of its own': (options) => {
    const signer = createSigner(options);
    return (url, sigv4, headers = {}) =>
      signer.send(
        { method: 'GET', url, headers },
        (signed) => fetch(signed.url, { headers: signed.headers }),
        sigv4 as object,
      );
  },
};

const OPTIONS = { credentials: CREDENTIALS, region: REGION };

describe.each(Object.entries(CLIENTS))('%s', (name, make) => {
  test.each<[string, unknown, RegExp]>([
    [
      'an unknown one',
      { expires: 60 },
      /^expires: there is no such option.*Did you mean expiresIn\?$/,
    ],
    [
      'a misspelt one',
      { servce: 's3' },
      /^servce: there is no such option.*Did you mean service\?$/,
    ],
    ['another case', { signaturein: 'query' }, /Did you mean signatureIn\?$/],
    ["an option of the signer's", { hosts: ['x'] }, /^hosts: there is no such option/],
    ['a wrong value', { region: 7 }, /^region: expected a name/],
    ['a wrong place', { signatureIn: 'body' }, /^signatureIn: expected 'header' or 'query'/],
    ['a lifetime without a query', { expiresIn: 60 }, /^expiresIn: a signature in the header/],
    ['true', true, /^sigv4: expected an object/],
    ['null', null, /^sigv4: expected an object/],
    ['a text', 's3', /^sigv4: expected an object/],
  ])('%s is refused', async (_what, sigv4, message) => {
    const isBare = typeof sigv4 !== 'object' || sigv4 === null;
    const expected = isBare && name === 'a client of its own' ? /^sigv4: expected/ : message;
    await expect((async () => make(OPTIONS)(server.origin, sigv4))()).rejects.toMatchObject({
      message: expect.stringMatching(expected) as string,
    });
    expect(server.requests).toEqual([]);
  });

  test('signatureIn and expiresIn are heeded', async () => {
    const send = make(OPTIONS);
    await send(`${server.origin}/x?a=b`, { signatureIn: 'query', expiresIn: 60 });
    const [request] = server.requests;
    const { searchParams } = new URL(request?.target ?? '', server.origin);
    expect(searchParams.get('X-Amz-Expires')).toBe('60');
    expect(header(request, 'authorization')).toBeUndefined();
    expect(verdictOf(request)).toMatchObject({ ok: true });
  });

  test('signatureIn goes before the one of the client', async () => {
    await make({ ...OPTIONS, signatureIn: 'query' })(server.origin, { signatureIn: 'header' });
    const [request] = server.requests;
    expect(request?.target).toBe('/');
    expect(verdictOf(request)).toMatchObject({ ok: true });
  });

  test('a signature in the URL that one call asks for is not shown by its answer', async () => {
    const told: unknown = await make(OPTIONS)(server.origin, { signatureIn: 'query' });
    const url = (told as { url?: string }).url ?? '';
    // Whoever writes a client sends by a transport of their own.
    if (name === 'a client of its own') return;
    expect(url).not.toMatch(/X-Amz-(?:Signature|Security-Token)=(?!redacted)/);
  });
});

/** What SDKs that insist on a key of their own send beside it. */
const SDKS: Readonly<Record<string, Record<string, string>>> = {
  "OpenAI's": {
    authorization: 'Bearer sk-unused',
    'content-type': 'application/json',
    'user-agent': 'OpenAI/JS 5.0.0',
    'x-stainless-lang': 'js',
    'x-stainless-retry-count': '0',
  },
  "Anthropic's": {
    'x-api-key': 'unused',
    authorization: 'Bearer unused',
    'anthropic-version': '2023-06-01',
  },
  "the AI SDK's": { Authorization: 'Bearer unused', 'user-agent': 'ai-sdk/openai/2' },
  'somebody with basic authentication': { authorization: 'Basic dTpw' },
};

describe.each(Object.entries(CLIENTS).slice(0, -1))('%s and a key of another scheme', (_, make) => {
  test.each(Object.entries(SDKS))('as of %s', async (_whose, headers) => {
    const listed = make({ ...OPTIONS, service: 'bedrock', hosts: ['127.0.0.1'] });
    await listed(`${server.origin}/openai/v1/chat/completions`, undefined, headers);
    const unlisted = make({ ...OPTIONS, service: 'bedrock' });
    await unlisted(`${server.origin}/openai/v1/chat/completions`, undefined, headers);
    const [signed, passed] = server.requests;
    expect(verdictOf(signed, 'bedrock')).toMatchObject({ ok: true });
    expect(JSON.stringify(signed?.rawHeaders)).not.toMatch(/sk-unused|Bearer|Basic/);
    const given = headers['authorization'] ?? headers['Authorization'];
    expect(header(passed, 'authorization')).toBe(given);
    expect(JSON.stringify(passed?.rawHeaders)).not.toMatch(/x-amz-/i);
  });
});
