import { expect, test, vi } from 'vitest';

import {
  assumeRole,
  assumeRoleWithWebIdentity,
  cacheCredentials,
  defaultCredentials,
  getSessionToken,
  type CacheOptions,
  type CredentialsProvider,
} from '@sigv4/credentials';

const chain = vi.hoisted(() => ({ defaultProvider: vi.fn<() => unknown>() }));
vi.mock('@aws-sdk/credential-provider-node', () => chain);

const ROLE = 'arn:aws:iam::222222222222:role/orders-invoke';
const never = (): Promise<never> => new Promise(() => {});
const fetch = vi.fn<typeof globalThis.fetch>(never);

const ALL: readonly (readonly [string, (options: CacheOptions) => CredentialsProvider])[] = [
  ['cacheCredentials', (options) => cacheCredentials(never, options)],
  ['assumeRole', (options) => assumeRole({ roleArn: ROLE, source: never, fetch, ...options })],
  ['getSessionToken', (options) => getSessionToken({ source: never, fetch, ...options })],
  [
    'assumeRoleWithWebIdentity',
    (options) =>
      assumeRoleWithWebIdentity({ roleArn: ROLE, webIdentityToken: never, fetch, ...options }),
  ],
  [
    'defaultCredentials',
    (options) => {
      chain.defaultProvider.mockReturnValue(never);
      return defaultCredentials(options);
    },
  ],
];

test.each(ALL)('%s: a source that never answers keeps no caller for ever', async (_name, make) => {
  for (const sourceTimeout of [undefined, 7]) {
    const timers: number[] = [];
    const get = make({
      ...(sourceTimeout === undefined ? undefined : { sourceTimeout }),
      // Time that passes at once.
      sleep: async (ms) => {
        timers.push(ms);
      },
    });
    const outcomes = await Promise.allSettled([get(), get()]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { code: 'Timeout', recoverable: true, message: expect.stringContaining('raise') },
      });
    }
    expect(timers).toEqual([(sourceTimeout ?? 60) * 1000]);
  }
  expect(fetch).not.toHaveBeenCalled();
});

test('a person who is asked for the code of an MFA device may take longer', async () => {
  let type: (code: string) => void = () => {};
  const get = getSessionToken({
    source: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's' },
    serialNumber: 'GAHT12345678',
    tokenCode: () => new Promise((resolve) => (type = resolve)),
    fetch: async () =>
      new Response(
        '<R><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></R>',
      ),
    sleep: (_ms, signal) => (signal === undefined ? Promise.resolve() : never()),
  });
  const got = get();
  await new Promise((resolve) => setImmediate(resolve));
  type('123456');
  expect((await got).accessKeyId).toBe('ASIA');
});

test('without a timer of the caller, that of the runtime is used, and cleared', async () => {
  const set = vi.spyOn(globalThis, 'setTimeout');
  const clear = vi.spyOn(globalThis, 'clearTimeout');
  await cacheCredentials(async () => ({ accessKeyId: 'AKIA', secretAccessKey: 's' }))();
  expect(set.mock.calls.map(([, ms]) => ms)).toEqual([60_000]);
  expect(clear.mock.calls).toEqual(set.mock.results.map(({ value }) => [value]));
  vi.restoreAllMocks();
});
