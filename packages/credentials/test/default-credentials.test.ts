import { afterEach, describe, expect, test, vi } from 'vitest';

import { defaultCredentials } from '@sigv4/credentials';

import { askChain } from '../src/chain/ask-chain.ts';
import { defaultChain, profileRegion } from '../src/chain/default-chain-web.ts';

const chain = vi.hoisted(() => ({ defaultProvider: vi.fn<() => unknown>() }));
vi.mock('@aws-sdk/credential-provider-node', () => chain);
const files = vi.hoisted(() => ({
  loadConfig: vi.fn<() => () => Promise<string>>(),
  NODE_REGION_CONFIG_OPTIONS: {},
  NODE_REGION_CONFIG_FILE_OPTIONS: {},
}));
vi.mock('@smithy/core/config', () => files);

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
    expect(await defaultCredentials(NOW).region()).toBeUndefined();
    expect(files.loadConfig).not.toHaveBeenCalled();
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

test("the SDK's chain is made anew each time, and reads files anew", async () => {
  chain.defaultProvider.mockReturnValue(async () => ({
    accessKeyId: 'CHAIN',
    secretAccessKey: 's',
  }));
  const get = defaultCredentials(NOW);
  await get();
  get.invalidate({ accessKeyId: 'CHAIN' });
  await get();
  expect(chain.defaultProvider.mock.calls).toEqual([
    [{ ignoreCache: true }],
    [{ ignoreCache: true }],
  ]);
});

test.each([
  ['AccessDenied', { $fault: 'client' }, false],
  ['ThrottlingException', { $fault: 'client', $retryable: { throttling: true } }, true],
  ['ExpiredTokenException', { $fault: 'client' }, true],
  ['ServiceUnavailable', { $fault: 'server' }, true],
])('a service that says %s to the SDK: its code', async (name, more, recoverable) => {
  const refusal = Object.assign(new Error('no'), {
    name,
    $metadata: { requestId: 'r' },
    ...more,
  });
  chain.defaultProvider.mockReturnValue(() => Promise.reject(refusal));
  await expect(defaultCredentials(NOW)()).rejects.toMatchObject({
    name: 'CredentialsError',
    code: name,
    recoverable,
    requestId: 'r',
    cause: refusal,
    message: expect.stringContaining(`(${name}: no)`),
  });
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

test('the region is read once, and again as long as there is none', async () => {
  files.loadConfig.mockReturnValueOnce(async () => '');
  files.loadConfig.mockReturnValueOnce(async () => Promise.reject(new Error('no such module')));
  files.loadConfig.mockReturnValue(async () => 'eu-west-1');
  const credentials = defaultCredentials(NOW);
  const region = (): Promise<string | undefined> => credentials.region();
  expect([await region(), await region()]).toEqual([undefined, undefined]);
  expect([await region(), await region()]).toEqual(['eu-west-1', 'eu-west-1']);
  expect(files.loadConfig).toHaveBeenCalledTimes(3);
});

test('without options the process shares one cache', () => {
  expect(defaultCredentials()).toBe(defaultCredentials());
  expect(defaultCredentials(NOW)).not.toBe(defaultCredentials());
});

test('in browsers and workers the error says to pass credentials', async () => {
  await expect(askChain(defaultChain)).rejects.toMatchObject({
    code: 'NoCredentials',
    recoverable: false,
    message: expect.stringContaining('pass `credentials`'),
  });
  expect(await profileRegion()).toBeUndefined();
});
