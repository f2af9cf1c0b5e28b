import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { assumeRoleWithWebIdentity, type WebIdentityOptions } from '@sigv4/credentials';

const ROLE = 'arn:aws:iam::222222222222:role/orders-pod';
const ANSWER =
  '<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><SubjectFromWebIdentityToken>system:serviceaccount:orders:api</SubjectFromWebIdentityToken><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sigv4-web-identity-'));
  file = join(folder, 'token');
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

function started(options: WebIdentityOptions = {}): {
  get: ReturnType<typeof assumeRoleWithWebIdentity>;
  sent: () => { url: string; headers: Record<string, string>; body: Record<string, string> }[];
} {
  const fetch = vi.fn<typeof globalThis.fetch>(async () => new Response(ANSWER));
  const get = assumeRoleWithWebIdentity({ fetch, ...options });
  return {
    get,
    sent: () =>
      fetch.mock.calls.map(([url, init]) => ({
        url: url as string,
        headers: init?.headers as Record<string, string>,
        body: Object.fromEntries(new URLSearchParams(init?.body as string)),
      })),
  };
}

test('the token file is read anew at each renewal', async () => {
  const { get, sent } = started({ roleArn: ROLE, webIdentityTokenFile: file });
  await writeFile(file, 'ey.1\n');
  const { accessKeyId } = await get();
  await writeFile(file, 'ey.2\n');
  get.invalidate({ accessKeyId });
  await get();
  expect(sent().map(({ body }) => body['WebIdentityToken'])).toEqual(['ey.1', 'ey.2']);
});

test('the request is not signed, and has what was asked for', async () => {
  const { get, sent } = started({
    roleArn: ROLE,
    roleSessionName: 'me',
    durationSeconds: 900,
    policy: '{}',
    policyArns: ['arn:aws:iam::aws:policy/A'],
    providerId: 'www.amazon.com',
    webIdentityToken: async () => 'ey.s3cret',
    region: 'eu-west-1',
  });
  expect(await get()).toMatchObject({ accessKeyId: 'ASIA', sessionToken: 't' });
  const [{ url, headers, body } = {}] = sent();
  expect(url).toBe('https://sts.eu-west-1.amazonaws.com/');
  expect(Object.keys(headers ?? {})).toEqual(['content-type', 'accept']);
  expect(body).toEqual({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: ROLE,
    RoleSessionName: 'me',
    DurationSeconds: '900',
    Policy: '{}',
    'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/A',
    ProviderId: 'www.amazon.com',
    WebIdentityToken: 'ey.s3cret',
  });
});

test('in EKS it needs no options', async () => {
  await writeFile(file, 'ey.eks');
  vi.stubEnv('AWS_ROLE_ARN', ROLE);
  vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', file);
  vi.stubEnv('AWS_ROLE_SESSION_NAME', 'pod-7');
  const { get, sent } = started();
  await get();
  expect(sent()[0]?.body).toMatchObject({
    RoleArn: ROLE,
    RoleSessionName: 'pod-7',
    WebIdentityToken: 'ey.eks',
  });
});

describe('no token', () => {
  test.each<[string, WebIdentityOptions, RegExp]>([
    [
      'a file that is not there',
      { webIdentityTokenFile: '/nowhere/token' },
      /the token file \/nowhere\/token cannot be read/,
    ],
    [
      'an empty function',
      { webIdentityToken: () => ' ' },
      /no token in what webIdentityToken\(\) gave/,
    ],
    [
      'a wrong one',
      { webIdentityToken: () => 7 as never },
      /no token in what webIdentityToken\(\)/,
    ],
  ])('%s', async (_name, options, message) => {
    const { get, sent } = started({ roleArn: ROLE, ...options });
    await expect(get()).rejects.toMatchObject({
      name: 'CredentialsError',
      code: 'NoToken',
      recoverable: true,
      roleArn: ROLE,
      message: expect.stringMatching(message),
    });
    expect(sent()).toEqual([]);
  });

  test('an empty file', async () => {
    await writeFile(file, '');
    const { get } = started({ roleArn: ROLE, webIdentityTokenFile: file });
    await expect(get()).rejects.toMatchObject({
      code: 'NoToken',
      message: expect.stringContaining(file),
    });
  });

  test('the function’s own error is thrown', async () => {
    const own = new Error('no network');
    const { get } = started({ roleArn: ROLE, webIdentityToken: () => Promise.reject(own) });
    await expect(get()).rejects.toBe(own);
  });
});

test.each<[object, RegExp]>([
  [
    { roleArn: ROLE },
    /expected a function that returns the token, or webIdentityTokenFile, or AWS_WEB_IDENTITY_TOKEN_FILE/,
  ],
  [{ roleArn: ROLE, webIdentityToken: () => '', webIdentityTokenFile: 'a' }, /give one of the two/],
  [{ webIdentityToken: () => '' }, /roleArn: expected an ARN/],
  [
    { roleArn: ROLE, webIdentityToken: 'ey.s3cret' },
    /webIdentityToken: expected a function, got a string$/,
  ],
  [{ roleArn: ROLE, webIdentityToken: () => '', source: {} }, /source: there is no such option/],
  [
    { roleArn: ROLE, webIdentityToken: () => '', endpoint: 'http://sts.internal' },
    /endpoint: http: would show the token/,
  ],
])('%j is refused when the provider is made', (options, message) => {
  expect(() => assumeRoleWithWebIdentity(options)).toThrow(message);
});
