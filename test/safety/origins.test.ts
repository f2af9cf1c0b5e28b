import axios from 'axios';
import ky from 'ky';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch, type SignedFetchInit } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';
import type { SignerOptions, SigV4Event } from '@sigv4/signer';

import { startRawServer, type RawServer } from '../wire/raw-server.ts';

const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: 'to/ken+=',
};

let own: RawServer;
let other: RawServer;
beforeAll(async () => {
  own = await startRawServer();
  other = await startRawServer();
});
afterAll(async () => {
  await own.close();
  await other.close();
});
beforeEach(() => {
  own.requests.length = 0;
  other.requests.length = 0;
});

type Call = (url: string, sigv4?: SignedFetchInit['sigv4']) => Promise<unknown>;

/** Clients of an API with a base URL. */
const CLIENTS: Readonly<Record<string, (base: string, options: SignerOptions) => Call>> = {
  ...Object.fromEntries(
    (['http', 'fetch'] as const).map((adapter) => [
      `axios, ${adapter} adapter`,
      (baseURL: string, options: SignerOptions): Call => {
        const instance = axios.create({ adapter, baseURL });
        instance.interceptors.request.use(sigv4Interceptor(options));
        return (url, sigv4) => instance.get(url, { ...(sigv4 !== undefined && { sigv4 }) });
      },
    ]),
  ),
  fetch: (baseUrl, options) => {
    const signedFetch = createSignedFetch(options);
    return (url, sigv4) =>
      signedFetch(new URL(url, `${baseUrl}/`), sigv4 === undefined ? { baseUrl } : { sigv4 });
  },
  ky: (baseUrl, options) => {
    const api = ky.create({ baseUrl: `${baseUrl}/`, hooks: sigv4Hooks(options), retry: 0 });
    return (url, sigv4) => api.get(url, { context: { ...(sigv4 !== undefined && { sigv4 }) } });
  },
};

function names(server: RawServer): string[] {
  return server.requests.flatMap(({ rawHeaders }) =>
    rawHeaders.map(([name]) => name.toLowerCase()),
  );
}

describe.each(Object.entries(CLIENTS))('%s', (_client, make) => {
  const events: SigV4Event[] = [];
  const options: SignerOptions = {
    credentials: CREDENTIALS,
    region: 'eu-west-1',
    onEvent: (event) => events.push(event),
  };
  beforeEach(() => {
    events.length = 0;
  });

  test('a URL below the base URL, or elsewhere on its origin, is signed', async () => {
    const call = make(`${own.origin}/prod`, options);
    await call('orders');
    await call(`${own.origin}/prod/orders`);
    await call(`${own.origin}/dev/orders`);
    expect(own.requests.map(({ target }) => target)).toEqual([
      '/prod/orders',
      '/prod/orders',
      '/dev/orders',
    ]);
    expect(names(own).filter((name) => name === 'authorization')).toHaveLength(3);
  });

  test.each(['', '/prod'])(
    'an absolute URL that leads away from base + %j takes nothing with it',
    async (path) => {
      const call = make(`${own.origin}${path}`, options);
      await call(`${other.origin}/orders`);
      expect(other.requests).toHaveLength(1);
      expect(names(other)).not.toContain('authorization');
      expect(JSON.stringify(other.requests)).not.toMatch(/x-amz-|to\/ken/i);
      expect(events).toMatchObject([
        {
          type: 'passed',
          reason: expect.stringMatching(/not that of the base URL; name it in `hosts`/),
        },
      ]);
    },
  );

  test('a base whose text begins like another origin is not that origin', async () => {
    const base = own.origin.slice(0, -1);
    const call = make(base, options);
    await call(`${own.origin}/orders`);
    expect(names(own)).not.toContain('authorization');
  });

  test('who names it among `hosts`, or gives the call options, has it signed', async () => {
    const named = make(own.origin, { ...options, hosts: [new URL(other.origin).host] });
    await named(`${other.origin}/a`);
    await make(own.origin, options)(`${other.origin}/b`, { region: 'us-east-1' });
    expect(names(other).filter((name) => name === 'authorization')).toHaveLength(2);
  });

  test.each([301, 302, 303, 307, 308])('another origin gets nothing on a %i', async (status) => {
    own.answers.push(`HTTP/1.1 ${status} Moved\r\nlocation: ${other.origin}/there`);
    await expect(make(own.origin, options)('orders')).rejects.toMatchObject({
      code: 'ERR_SIGV4_REDIRECT',
    });
    expect(other.requests).toEqual([]);
  });

  test('http: to another machine is refused before anything is sent, unless allowed', async () => {
    for (const url of [
      'http://api.example.com',
      'http://10.0.0.1',
      'http://localhost.example.com',
    ]) {
      await expect(make(url, options)('orders')).rejects.toMatchObject({
        code: 'ERR_SIGV4_INSECURE',
      });
    }
  });
});
