// What every object inherits is no option and no credential: each name is put into
// `Object.prototype`, and the bytes on the wire and the session stay the same.
import { inspect } from 'node:util';

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import {
  assumeRole,
  assumeRoleWithWebIdentity,
  cacheCredentials,
  defaultCredentials,
  getSessionToken,
  type CacheOptions,
  type Credentials,
  type CredentialsProvider,
} from '@sigv4/credentials';

import { CACHE_OPTIONS } from '../../packages/credentials/src/cache/cache-options.ts';
import {
  assumeRoleOptions,
  sessionTokenOptions,
  webIdentityOptions,
} from '../../packages/credentials/src/sts/sts-options.ts';
import { startRawServer, type RawServer } from '../wire/raw-server.ts';
import { ROLE } from '../world.ts';

const evil = (): never => {
  throw new Error('a function of a polluted prototype was called');
};
const EVIL_ROLE = 'arn:aws:iam::666666666666:role/evil';

/** A value for each option that would be taken if it were given. */
const POLLUTED: Readonly<Record<string, unknown>> = {
  roleArn: EVIL_ROLE,
  roleSessionName: 'evil',
  durationSeconds: 901,
  policy: '{"Evil":true}',
  policyArns: ['arn:aws:iam::aws:policy/Evil'],
  externalId: 'evil',
  tags: { evil: 'yes' },
  transitiveTagKeys: ['evil'],
  sourceIdentity: 'evil',
  serialNumber: 'arn:aws:iam::666666666666:mfa/evil',
  tokenCode: '666666',
  source: { accessKeyId: 'AKIAEVIL', secretAccessKey: 'evil' },
  webIdentityToken: evil,
  webIdentityTokenFile: '/evil',
  providerId: 'evil.example',
  region: 'evil-1',
  endpoint: 'https://evil.example/',
  fetch: evil,
  allowInsecureHttp: true,
  attemptTimeout: 0.1,
  timeout: 0.1,
  advisoryWindow: 86_400,
  sourceTimeout: 1,
  onEvent: evil,
  now: () => 0,
  sleep: async () => {},
  random: evil,
};
/** Fields of credentials, what a provider is asked with, and names that the code uses by itself. */
const OTHERS: Readonly<Record<string, unknown>> = {
  accessKeyId: 'AKIAEVIL',
  secretAccessKey: 'evil',
  sessionToken: 'evil',
  expiration: new Date(0),
  forceRefresh: true,
  signal: AbortSignal.abort(new Error('evil')),
  invalidate: evil,
  memoized: true,
  error: new Error('evil'),
  credentials: { accessKeyId: 'AKIAEVIL', secretAccessKey: 'evil' },
  isPassing: true,
  retryAfter: 1,
  signature: 'evil',
  secret: 's',
  AWS_REGION: 'evil-1',
  AWS_ENDPOINT_URL_STS: 'https://evil.example/',
  AWS_ROLE_ARN: EVIL_ROLE,
  AWS_SESSION_TOKEN: 'evil',
};
const NAMES = Object.entries({ ...POLLUTED, ...OTHERS });
/** Node's own HTTP server and client fall over these. */
const HARD_ON_NODE = new Set(['timeout', 'signal', 'error']);

test('every option in the tables of the package is tried', () => {
  const tables = [CACHE_OPTIONS, assumeRoleOptions(), sessionTokenOptions(), webIdentityOptions()];
  const known = new Set(tables.flatMap((table) => Object.keys(table)));
  expect(new Set(Object.keys(POLLUTED))).toEqual(known);
});

function pollute(name: string, value: unknown): void {
  // What tests of this process enumerate meanwhile stays as it is.
  Reflect.defineProperty(Object.prototype, name, { value, writable: true, configurable: true });
}

const added: string[] = [];
afterEach(() => {
  for (const name of added.splice(0)) Reflect.deleteProperty(Object.prototype, name);
  vi.unstubAllEnvs();
});

/** What comes of some work while `Object.prototype` has that name. */
async function polluted<T>(name: string, value: unknown, work: () => Promise<T>): Promise<T> {
  pollute(name, value);
  added.push(name);
  try {
    return await work();
  } finally {
    Reflect.deleteProperty(Object.prototype, name);
  }
}

const NOW = Date.UTC(2026, 0, 1);
const source: Credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's3cret' };
const CLOCK: CacheOptions = { now: () => NOW, random: () => 0 };

type Reached = CacheOptions & {
  readonly endpoint?: string;
  readonly fetch?: typeof globalThis.fetch;
  readonly attemptTimeout?: number;
};

const CALLS: readonly (readonly [string, (reached: Reached) => CredentialsProvider])[] = [
  ['assumeRole', (reached) => assumeRole({ roleArn: ROLE, source, ...reached })],
  [
    'assumeRole, from a function and a cache',
    (reached) =>
      assumeRole({
        roleArn: ROLE,
        source: cacheCredentials(async () => source, CLOCK),
        ...reached,
      }),
  ],
  [
    'assumeRoleWithWebIdentity',
    (reached) =>
      assumeRoleWithWebIdentity({ roleArn: ROLE, webIdentityToken: () => 'ey.j', ...reached }),
  ],
  ['getSessionToken', (reached) => getSessionToken({ source: async () => source, ...reached })],
];

describe('on the wire', () => {
  let server: RawServer;
  beforeAll(async () => {
    server = await startRawServer();
  });
  afterAll(() => server.close());

  /** The one request that a call sends, which is then refused. */
  async function sent(
    make: (reached: Reached) => CredentialsProvider,
    more: Reached,
  ): Promise<string> {
    const before = server.requests.length;
    server.answers.push('HTTP/1.1 400 Bad Request');
    await expect(make({ endpoint: server.origin, ...CLOCK, ...more })()).rejects.toMatchObject({
      code: 'HTTP400',
    });
    expect(server.requests.length).toBe(before + 1);
    const { body, ...head } = server.requests.at(-1) ?? {};
    return inspect([head, Buffer.from(body ?? '').toString()], { depth: 9, maxStringLength: null });
  }

  describe.each([
    ['by node:https', {}],
    ['by fetch', { fetch: globalThis.fetch }],
  ])('%s', (_way, more) => {
    test.each(CALLS)('%s', async (_name, make) => {
      const usual = await sent(make, more);
      expect(usual).toMatch(/AKIDEXAMPLE|ey\.j/);
      for (const [name, value] of NAMES) {
        if (HARD_ON_NODE.has(name)) continue;
        const request = await polluted(name, value, () => sent(make, more));
        expect({ name, request }).toEqual({ name, request: usual });
      }
    });
  });
});

describe('in what callers get', () => {
  const answer =
    '<R><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>sss</SecretAccessKey><SessionToken>ttt</SessionToken><Expiration>2026-01-01T01:00:00Z</Expiration></Credentials></R>';
  const session: Credentials = {
    accessKeyId: 'ASIA',
    secretAccessKey: 'sss',
    sessionToken: 'ttt',
    expiration: new Date('2026-01-01T01:00:00Z'),
  };

  const own = (credentials: Credentials): object => ({ ...credentials });

  test.each(CALLS)('%s: one call, and its session', async (_name, make) => {
    let usual: object | undefined;
    for (const [name, value] of [['unused', 0] as const, ...NAMES]) {
      const requests: object[] = [];
      const fetch: typeof globalThis.fetch = async (
        url,
        { method, headers, body, redirect } = {},
      ) => {
        requests.push({ url, method, headers: { ...(headers as object) }, body, redirect });
        return new Response(answer);
      };
      await polluted(name, value, async () => {
        const get = make({ ...CLOCK, fetch });
        const got = [await get(), await get({}), await get()];
        expect({ name, got: got.map(own) }).toEqual({ name, got: [session, session, session] });
        usual ??= requests[0];
        expect({ name, requests }).toEqual({ name, requests: [usual] });
      });
    }
  });

  test.each<[string, () => CredentialsProvider]>([
    ['cacheCredentials', () => cacheCredentials(async () => source)],
    ['cacheCredentials with options', () => cacheCredentials(async () => source, CLOCK)],
    ['defaultCredentials', () => defaultCredentials(CLOCK)],
  ])('%s', async (_name, make) => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', source.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', source.secretAccessKey);
    for (const [name, value] of NAMES) {
      const got = await polluted(name, value, async () => {
        const get = make();
        await get();
        return own(await get());
      });
      expect({ name, got: Object.entries(got) }).toEqual({ name, got: Object.entries(source) });
    }
  });

  test('credentials without a key are refused, whatever objects inherit', async () => {
    for (const name of ['accessKeyId', 'secretAccessKey'] as const) {
      const { [name]: _missing, ...rest } = source;
      const asked = polluted(name, 'EVIL', () =>
        cacheCredentials(async () => rest as Credentials, CLOCK)(),
      );
      await expect(asked).rejects.toMatchObject({ code: 'ERR_SIGV4_CREDENTIALS' });
    }
  });

  test('a role that is not named is refused, whatever objects inherit', async () => {
    const made = polluted('roleArn', EVIL_ROLE, async () => assumeRole({ source } as never));
    await expect(made).rejects.toThrow(/^roleArn: expected an ARN/);
  });
});
