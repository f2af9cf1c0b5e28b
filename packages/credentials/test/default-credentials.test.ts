import { afterEach, describe, expect, test, vi } from 'vitest';

import { defaultCredentials } from '@sigv4/credentials';

import { defaultChain } from '../src/default-chain-web.ts';

const chain = vi.hoisted(() => ({ defaultProvider: vi.fn<() => unknown>() }));
vi.mock('@aws-sdk/credential-provider-node', () => chain);

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetAllMocks();
});

const NOW = { now: () => 0 };

describe('environment variables', () => {
  test('are taken without the SDK', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIA');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    expect(await defaultCredentials(NOW)()).toEqual({
      accessKeyId: 'AKIA',
      secretAccessKey: 'secret',
    });
    vi.stubEnv('AWS_SESSION_TOKEN', 'token');
    vi.stubEnv('AWS_CREDENTIAL_EXPIRATION', '2026-01-01T00:00:00Z');
    expect(await defaultCredentials(NOW)()).toEqual({
      accessKeyId: 'AKIA',
      secretAccessKey: 'secret',
      sessionToken: 'token',
      expiration: new Date('2026-01-01T00:00:00Z'),
    });
    expect(chain.defaultProvider).not.toHaveBeenCalled();
  });

  test('are passed over if a profile is named, as in the SDK', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIA');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_PROFILE', 'dev');
    chain.defaultProvider.mockReturnValue(async () => ({
      accessKeyId: 'DEV',
      secretAccessKey: 's',
    }));
    expect(await defaultCredentials(NOW)()).toMatchObject({ accessKeyId: 'DEV' });
  });

  test('are passed over if one is missing', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIA');
    chain.defaultProvider.mockReturnValue(async () => ({
      accessKeyId: 'CHAIN',
      secretAccessKey: 's',
    }));
    expect(await defaultCredentials(NOW)()).toMatchObject({ accessKeyId: 'CHAIN' });
  });
});

test("the SDK's chain is made once, and told when to refresh", async () => {
  const provider = vi.fn<(options?: object) => Promise<unknown>>(async () => ({
    accessKeyId: 'CHAIN',
    secretAccessKey: 's',
  }));
  chain.defaultProvider.mockReturnValue(provider);
  const get = defaultCredentials(NOW);
  await get();
  get.invalidate({ accessKeyId: 'CHAIN' });
  await get();
  expect(chain.defaultProvider).toHaveBeenCalledTimes(1);
  expect(provider.mock.calls).toEqual([[{}], [{ forceRefresh: true }]]);
});

test('an SDK that finds none: the error says what to set', async () => {
  chain.defaultProvider.mockReturnValue(() =>
    Promise.reject(new Error('Could not load credentials from any providers')),
  );
  await expect(defaultCredentials(NOW)()).rejects.toMatchObject({
    name: 'CredentialsError',
    code: 'NoCredentials',
    message: expect.stringMatching(
      /Could not load credentials.*AWS_ACCESS_KEY_ID.*AWS_PROFILE.*`credentials`/,
    ),
    cause: expect.any(Error),
  });
});

test('without options the process shares one cache', () => {
  expect(defaultCredentials()).toBe(defaultCredentials());
  expect(defaultCredentials(NOW)).not.toBe(defaultCredentials());
});

test('in browsers and workers the error says to pass credentials', async () => {
  await expect(defaultChain()).rejects.toMatchObject({
    code: 'NoCredentials',
    recoverable: false,
    message: expect.stringContaining('pass `credentials`'),
  });
});
