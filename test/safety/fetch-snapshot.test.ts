import ky from 'ky';
import { describe, expect, test } from 'vitest';

import { createSignedFetch, type SignedFetchInit, type SignedFetchOptions } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';

import { CREDENTIALS, header, judge, REGION, verdictOf } from '../wire/judge.ts';
import { sharedRawServer } from '../wire/shared-server.ts';

const server = sharedRawServer();

interface Given {
  readonly input: RequestInfo | URL;
  readonly init: SignedFetchInit;
  /** What the caller does right after the call. */
  readonly change: () => void;
}

const post = (body: BodyInit, change: () => void): Given => ({
  input: `${server.origin}/x`,
  init: { method: 'POST', body },
  change,
});

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

const INPUTS: Readonly<Record<string, () => Given>> = {
  'a typed array': () => {
    const body = bytesOf('before');
    return post(body, () => body.fill(0x21));
  },
  'a view into a larger buffer': () => {
    const buffer = bytesOf('in front of before and after');
    return post(new DataView(buffer.buffer, 12, 6), () => buffer.fill(0x21));
  },
  'an ArrayBuffer': () => {
    const bytes = bytesOf('before');
    return post(bytes.buffer, () => bytes.fill(0x21));
  },
  'an ArrayBuffer that is given away': () => {
    const { buffer } = bytesOf('before');
    return post(buffer, () => void structuredClone(buffer, { transfer: [buffer] }));
  },
  '16 MiB': () => {
    const body = new Uint8Array(16_777_216).fill(1);
    return post(body, () => body.fill(2));
  },
  URLSearchParams: () => {
    const body = new URLSearchParams({ a: 'before' });
    return post(body, () => body.set('a', 'after'));
  },
  FormData: () => {
    const body = new FormData();
    body.append('a', 'before');
    body.append('file', new File(['before'], 'b.txt', { type: 'text/x-a' }));
    return post(body, () => {
      body.set('a', 'after');
      body.delete('file');
    });
  },
  'a Headers object': () => {
    const headers = new Headers({ 'x-a': 'before' });
    return {
      input: `${server.origin}/x`,
      init: { headers },
      change: () => {
        headers.set('x-a', 'after');
        headers.set('authorization', 'Bearer after');
      },
    };
  },
  'a record of headers': () => {
    const headers: Record<string, string> = { 'x-a': 'before' };
    return {
      input: `${server.origin}/x`,
      init: { headers },
      change: () => (headers['x-a'] = 'after'),
    };
  },
  'pairs of headers': () => {
    const pair: [string, string] = ['x-a', 'before'];
    return {
      input: `${server.origin}/x`,
      init: { headers: [pair] },
      change: () => (pair[1] = 'after'),
    };
  },
  'the init itself': () => {
    const init: SignedFetchInit = { method: 'PUT', body: 'before', headers: { 'x-a': 'before' } };
    return {
      input: `${server.origin}/x`,
      init,
      change: () => {
        Object.assign(init, { method: 'DELETE', body: 'after', headers: {}, sigv4: false });
      },
    };
  },
  'a URL object': () => {
    const input = new URL(`${server.origin}/before`);
    return { input, init: {}, change: () => (input.pathname = '/after') };
  },
  'a URL object that names another host': () => {
    const input = new URL(`${server.origin}/before`);
    return { input, init: {}, change: () => (input.port = '1') };
  },
  "a Request's headers": () => {
    const input = new Request(`${server.origin}/x`, { headers: { 'x-a': 'before' } });
    return { input, init: {}, change: () => input.headers.set('x-a', 'after') };
  },
  'the headers of a Request with a body': () => {
    const headers = { 'x-a': 'before' };
    const input = new Request(`${server.origin}/x`, { method: 'POST', body: 'before', headers });
    return { input, init: {}, change: () => input.headers.set('x-a', 'after') };
  },
  "a Request's body, which its caller reads": () => {
    const input = new Request(`${server.origin}/x`, { method: 'POST', body: 'before' });
    return { input, init: {}, change: () => void input.text().catch(() => {}) };
  },
};

type Send = (input: RequestInfo | URL, init: SignedFetchInit) => Promise<unknown>;

const CLIENTS: Readonly<Record<string, (options?: SignedFetchOptions) => Send>> = {
  fetch: (options) => (options ? createSignedFetch(options) : fetch),
  ky: (options) => {
    const api = ky.extend({ hooks: options ? sigv4Hooks(options) : {}, retry: 0 });
    return (input, { sigv4, ...init }) =>
      api(input as string, { ...init, ...(sigv4 && { context: { sigv4 } }) });
  },
};

/** What is judged of each request that came; the headers are those that inputs have. */
function arrived(): unknown[] {
  return server.requests.map((request) => {
    const { verdict: _, ...rest } = judge(request);
    return { ...rest, 'x-a': header(request, 'x-a') };
  });
}

describe.each(Object.entries(CLIENTS))('%s', (_client, make) => {
  /** Makes a call, changes what was given, and only then lets the credentials come. */
  async function run(given: Given, options?: SignedFetchOptions): Promise<unknown[]> {
    server.requests.length = 0;
    const { promise, resolve } = Promise.withResolvers<typeof CREDENTIALS>();
    const send = make(options && { credentials: () => promise, ...options });
    const calling = send(given.input, given.init);
    given.change();
    resolve(CREDENTIALS);
    await calling;
    return arrived();
  }

  describe.each(Object.entries(INPUTS))('%s', (_kind, input) => {
    test('is sent and signed as it was at the call', async () => {
      const plain = await run(input());
      expect(JSON.stringify(plain)).not.toContain('after');
      expect(await run(input(), { region: REGION, maxBufferedBytes: Infinity })).toEqual(plain);
      for (const request of server.requests) expect(verdictOf(request)).toMatchObject({ ok: true });
    });

    test('is sent as it was at the call if it is not to be signed', async () => {
      const plain = await run(input());
      expect(await run(input(), { hosts: ['elsewhere.example'] })).toEqual(plain);
    });

    test('is sent again as it was at the call', async () => {
      const plain = await run(input());
      const date = new Date(Date.now() + 7_200_000).toUTCString();
      server.answers.push(
        `HTTP/1.1 403 No\r\ndate: ${date}\r\nx-amzn-errortype: RequestTimeTooSkewed`,
      );
      const again = await run(input(), { region: REGION, maxBufferedBytes: Infinity });
      expect(again).toEqual([plain[0], plain[0]]);
    });
  });

  test("the call's options for the signature are those at the call", async () => {
    const sigv4 = { region: 'us-east-1', service: 'aoss', signHeaders: ['x-a'], date: new Date(0) };
    const init: SignedFetchInit = { headers: { 'x-a': 'a', 'x-b': 'b' }, sigv4 };
    const change = (): void => {
      sigv4.region = 'eu-west-9';
      sigv4.service = 'es';
      sigv4.signHeaders.push('x-b');
      sigv4.date.setTime(1e12);
    };
    await run({ input: `${server.origin}/x`, init, change }, { region: REGION });
    expect(header(server.requests[0], 'authorization')).toMatch(
      /\/19700101\/us-east-1\/aoss\/aws4_request, SignedHeaders=host;x-a;x-amz-[^,]*token,/,
    );
  });
});

test('a base URL that changes after the call does not switch its rule off', async () => {
  const baseUrl = new URL('https://api.example.com');
  const calling = createSignedFetch({ credentials: CREDENTIALS, region: REGION })(
    `${server.origin}/x`,
    { baseUrl },
  );
  baseUrl.href = server.origin;
  await calling;
  expect(header(server.requests[0], 'authorization')).toBeUndefined();
});
