import { setImmediate as turn } from 'node:timers/promises';

import axios, { type AxiosRequestConfig } from 'axios';
import ky, { type Options } from 'ky';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import { assumeRole } from '@sigv4/credentials';
import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';
import type { SignerOptions } from '@sigv4/signer';
import type { LocalAws, TestCredentials } from '@sigv4/testing';

import { CALLER, ROLE, startWorld } from '../world.ts';
import { startRawServer, type RawServer } from '../wire/raw-server.ts';
import { reachable, shown } from './shown.ts';

let aws: LocalAws;
let raw: RawServer;
let session: TestCredentials;
const gate = Promise.withResolvers<void>();
beforeAll(async () => {
  aws = await startWorld({
    routes: [
      // Does not give back the query that it got.
      { method: 'ANY', path: '/quiet', handler: () => ({ body: { ok: true } }) },
      {
        method: 'ANY',
        path: '/slow',
        handler: async () => {
          await gate.promise;
          return {};
        },
      },
    ],
  });
  raw = await startRawServer();
  session = await assumeRole({
    roleArn: ROLE,
    source: aws.credentialsOf(CALLER),
    region: aws.region,
    endpoint: aws.stsUrl,
    now: aws.clock.now,
  })();
});
afterAll(async () => {
  gate.resolve();
  await aws.close();
  await raw.close();
});

interface Call {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  readonly timeout?: number;
}

/** A client's call: everything that its user gets hold of, whatever comes of it. */
type Handing = (url: string, call: Call) => Promise<unknown[]>;

function axiosWith(config: AxiosRequestConfig): (options: SignerOptions) => Handing {
  return (options) => {
    const held: unknown[] = [];
    const instance = axios.create(config);
    instance.interceptors.request.use(sigv4Interceptor(options));
    instance.interceptors.request.use((given) => {
      held.push(given);
      return given;
    });
    instance.interceptors.response.use((response) => {
      held.push(response);
      return response;
    });
    return async (url, { body, ...call }) => {
      const answer = instance.request({ url, ...call, ...(body !== undefined && { data: body }) });
      return [...held, instance, await answer.catch((error: unknown) => error)];
    };
  };
}

function timing({ signal, timeout, ...call }: Call): RequestInit {
  const stop = timeout === undefined ? signal : AbortSignal.timeout(timeout);
  return stop === undefined ? call : { ...call, signal: stop };
}

const CLIENTS: Readonly<Record<string, (options: SignerOptions) => Handing>> = {
  'axios, http adapter': axiosWith({ adapter: 'http' }),
  'axios, http adapter, a stream': axiosWith({ adapter: 'http', responseType: 'stream' }),
  'axios, http adapter, bytes': axiosWith({ adapter: 'http', responseType: 'arraybuffer' }),
  'axios, fetch adapter': axiosWith({ adapter: 'fetch' }),
  'axios, fetch adapter, a stream': axiosWith({ adapter: 'fetch', responseType: 'stream' }),
  fetch: (options) => {
    const signedFetch = createSignedFetch(options);
    return async (url, call) => {
      const request = new Request(url, timing(call));
      try {
        const response = await signedFetch(request);
        const text = await response.clone().text();
        return [signedFetch, request, response, text];
      } catch (error) {
        return [signedFetch, request, error];
      }
    };
  },
  ky: (options) => {
    const held: unknown[] = [];
    const hooks: NonNullable<Options['hooks']> = {
      beforeRequest: [(state) => void held.push(state)],
      afterResponse: [(state) => void held.push(state)],
      beforeError: [
        (state) => {
          held.push(state);
          return state.error;
        },
      ],
    };
    const api = ky.create({ hooks: sigv4Hooks(options), retry: 0 }).extend({ hooks });
    return async (url, { timeout, ...call }) => {
      const answer = api(url, { ...call, timeout: timeout ?? false });
      return [...held, await answer.catch((error: unknown) => error), ...held];
    };
  },
};

interface Outcome {
  readonly url: () => string;
  readonly options?: () => Partial<SignerOptions>;
  readonly call?: () => Partial<Call>;
  /** What shows that the outcome is the one that is meant. */
  readonly expected: RegExp;
}

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  'a good answer': { url: () => `${aws.apis.other?.url}/x`, expected: /200/ },
  'a denial': {
    url: () => `${aws.apis.own?.url}/x`,
    expected: /403/,
  },
  'a mismatch, with the token quoted': {
    url: () => `${aws.apis.other?.url}/x`,
    options: () => ({ credentials: { ...session, secretAccessKey: 'another-secret' } }),
    expected: /403/,
  },
  'a good answer to a signature in the query': {
    url: () => `${aws.apis.other?.url}/quiet`,
    options: () => ({ signatureIn: 'query' }),
    expected: /200/,
  },
  'a mismatch of a signature in the query': {
    url: () => `${aws.apis.other?.url}/x`,
    options: () => ({
      signatureIn: 'query',
      credentials: { ...session, secretAccessKey: 'another-secret' },
    }),
    expected: /403/,
  },
  'no connection': {
    url: () => 'http://127.0.0.1:1/x',
    expected: /ECONNREFUSED|bad port|fetch failed/,
  },
  'no connection, signed in the query': {
    url: () => 'http://127.0.0.1:1/x',
    options: () => ({ signatureIn: 'query' }),
    expected: /ECONNREFUSED|bad port|fetch failed/,
  },
  'an answer that is no HTTP': {
    url: () => {
      raw.answers.push('nonsense');
      return raw.origin;
    },
    expected: /Parse Error|HPE_|fetch failed|Network Error/,
  },
  'a time-out': {
    url: () => `${aws.apis.other?.url}/slow`,
    call: () => ({ timeout: 50 }),
    expected: /time/i,
  },
  'an abort': {
    url: () => `${aws.apis.other?.url}/slow`,
    call: () => {
      const controller = new AbortController();
      const before = aws.requests.length;
      void (async () => {
        for (let turns = 0; turns < 200 && aws.requests.length === before; turns += 1) await turn();
        controller.abort();
      })();
      return { signal: controller.signal };
    },
    expected: /abort|cancel/i,
  },
  'a redirect that is refused': {
    url: () => {
      raw.answers.push('HTTP/1.1 307 Moved\r\nlocation: https://evil.example/');
      return raw.origin;
    },
    expected: /ERR_SIGV4_REDIRECT/,
  },
  'credentials that cannot be signed with': {
    url: () => `${aws.apis.other?.url}/x`,
    options: () => ({
      credentials: async () => ({ ...session, sessionToken: `${session.sessionToken} ` }),
    }),
    expected: /ERR_SIGV4_CREDENTIALS/,
  },
  'credentials that STS refuses': {
    url: () => `${aws.apis.other?.url}/x`,
    options: () => ({
      credentials: assumeRole({
        roleArn: ROLE,
        source: { ...session, secretAccessKey: 'another-secret' },
        region: aws.region,
        endpoint: aws.stsUrl,
        now: aws.clock.now,
      }),
    }),
    expected: /SignatureDoesNotMatch/,
  },
};

describe.each(Object.entries(CLIENTS))('%s', (_client, make) => {
  test.each(Object.entries(OUTCOMES))(
    '%s: nothing of it shows a secret',
    async (_outcome, outcome) => {
      const events: unknown[] = [];
      const call = make({
        credentials: { ...session },
        region: aws.region,
        now: aws.clock.now,
        onEvent: (event) => events.push(event),
        ...outcome.options?.(),
      });
      const things = await call(outcome.url(), {
        method: 'POST',
        headers: { 'x-amz-meta-a': 'b' },
        body: '{}',
        ...outcome.call?.(),
      });
      const all = [...things, ...events].flatMap((thing) => reachable(thing));
      const text = all.map(shown).join('\n');
      expect(outcome.expected.test(text)).toBe(true);
      const { secretAccessKey, sessionToken = '' } = session;
      const secrets = [
        secretAccessKey,
        sessionToken,
        encodeURIComponent(sessionToken),
        'another-secret',
        ...signatures(),
      ];
      // Not a part of one either.
      for (const part of secrets.flatMap(parts)) expect(around(text, text.indexOf(part))).toBe('');
      const signature = /AWS4-HMAC-SHA256 Cred|Signature[=:"' ]{1,4}[0-9a-f]{16}/;
      expect(around(text, text.search(signature))).toBe('');
    },
  );
});

/** Those of all requests that came. */
function signatures(): string[] {
  const requests = [...aws.requests, ...raw.requests].map(
    ({ rawHeaders, target }) => `${target}\n${rawHeaders.flat().join('\n')}`,
  );
  return Array.from(
    requests.join('\n').matchAll(/Signature=([0-9a-f]{64})/g),
    ([, hex = '']) => hex,
  );
}

/** Every run of 20 characters holds one of these. */
function parts(secret: string): string[] {
  if (secret.length < 20) return [secret];
  const count = Math.floor((secret.length - 12) / 8) + 1;
  return Array.from({ length: count }, (_, index) => secret.slice(index * 8, index * 8 + 12));
}

/** So that a failure says where. */
function around(text: string, at: number): string {
  return at === -1 ? '' : text.slice(Math.max(0, at - 300), at + 100);
}
