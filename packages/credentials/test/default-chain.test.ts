// The SDK's real chain beside ours, against whatever each source asks.
import { createServer, type Server } from 'node:http';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';

import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';

import { defaultCredentials } from '@sigv4/credentials';

const EXPIRATION = '2099-01-01T00:00:00Z';

let server: Server;
let origin: string;
let folder: string;

/** STS, the SSO portal, a container's and an instance's endpoint in one. */
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const parameters = new URLSearchParams(body);
      const json = (id: string): string =>
        JSON.stringify({
          Code: 'Success',
          AccessKeyId: id,
          SecretAccessKey: 's',
          Token: 't',
          Expiration: EXPIRATION,
        });
      const action = parameters.get('Action');
      const path = request.url ?? '';
      if (action !== null) {
        const caller = /Credential=(\w+)/.exec(request.headers.authorization ?? '')?.[1] ?? '';
        const id = `STS${parameters.get('WebIdentityToken') ?? caller}`;
        response.end(
          `<${action}Response><${action}Result><AssumedRoleUser><Arn>arn:aws:sts::222222222222:assumed-role/r/s</Arn><AssumedRoleId>r:s</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${EXPIRATION}</Expiration></Credentials></${action}Result></${action}Response>`,
        );
      } else if (path.startsWith('/federation/credentials')) {
        response.setHeader('content-type', 'application/json');
        response.end(
          JSON.stringify({
            roleCredentials: {
              accessKeyId: 'SSO',
              secretAccessKey: 's',
              sessionToken: 't',
              expiration: Date.parse(EXPIRATION),
            },
          }),
        );
      } else if (path === '/container') response.end(json('CONTAINER'));
      else if (path === '/latest/api/token') response.end('imds-token');
      else if (path === '/latest/meta-data/iam/security-credentials/')
        response.end('instance-role');
      else if (path.endsWith('/instance-role')) response.end(json('INSTANCE'));
      else response.writeHead(404).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = await mkdtemp(join(tmpdir(), 'sigv4-chain-'));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  const config = join(folder, 'config');
  const credentials = join(folder, 'credentials');
  const process = join(folder, 'process.sh');
  await writeFile(
    process,
    `#!/bin/sh\necho '{"Version":1,"AccessKeyId":"PROCESS","SecretAccessKey":"s","SessionToken":"t","Expiration":"${EXPIRATION}"}'\n`,
  );
  await chmod(process, 0o755);
  await writeFile(
    credentials,
    '[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n[base]\naws_access_key_id=BASE\naws_secret_access_key=s\n',
  );
  await writeFile(
    config,
    `[profile role]\nrole_arn=arn:aws:iam::222222222222:role/r\nsource_profile=base\nregion=eu-west-1\n` +
      `[profile process]\ncredential_process=${process}\n` +
      `[profile sso]\nsso_start_url=https://sso.example/start\nsso_region=eu-west-1\nsso_account_id=111111111111\nsso_role_name=r\nregion=eu-west-1\n`,
  );
  const token = join(folder, '.aws/sso/cache');
  await mkdir(token, { recursive: true });
  await writeFile(
    join(token, `${createHash('sha1').update('https://sso.example/start').digest('hex')}.json`),
    JSON.stringify({
      accessToken: 'sso-token',
      expiresAt: EXPIRATION,
      startUrl: 'https://sso.example/start',
    }),
  );
  await writeFile(join(folder, 'web-token'), 'WEB');
  vi.stubEnv('HOME', folder);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ENDPOINT_URL_STS', origin);
  vi.stubEnv('AWS_ENDPOINT_URL_SSO', origin);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const KEYS = { AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 's' };
const files = (): Record<string, string> => ({
  AWS_CONFIG_FILE: join(folder, 'config'),
  AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
});
const web = (): Record<string, string> => ({
  AWS_ROLE_ARN: 'arn:aws:iam::222222222222:role/pod',
  AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'web-token'),
});
const container = (): Record<string, string> => ({
  AWS_CONTAINER_CREDENTIALS_FULL_URI: `${origin}/container`,
});
const instance = (): Record<string, string> => ({
  AWS_EC2_METADATA_DISABLED: 'false',
  AWS_EC2_METADATA_SERVICE_ENDPOINT: origin,
});
const everything = (): Record<string, string> => ({
  ...files(),
  ...web(),
  ...container(),
  ...instance(),
});

test.each<[string, () => Record<string, string>, string]>([
  ['the environment', () => ({ ...everything(), ...KEYS }), 'ENV'],
  [
    'the environment, with all it can tell',
    () => ({
      ...KEYS,
      AWS_SESSION_TOKEN: 't',
      AWS_CREDENTIAL_EXPIRATION: EXPIRATION,
      AWS_ACCOUNT_ID: '111111111111',
      AWS_CREDENTIAL_SCOPE: 'eu-west-1',
    }),
    'ENV',
  ],
  ['half of the environment', () => ({ ...files(), AWS_ACCESS_KEY_ID: 'ENV' }), 'FILE'],
  [
    'a profile before the environment',
    () => ({ ...everything(), ...KEYS, AWS_PROFILE: 'base' }),
    'BASE',
  ],
  ['the default profile before all that is remote', everything, 'FILE'],
  ['a role by a profile', () => ({ ...files(), AWS_PROFILE: 'role' }), 'STSBASE'],
  ['a process of a profile', () => ({ ...files(), AWS_PROFILE: 'process' }), 'PROCESS'],
  ['SSO by a profile', () => ({ ...files(), AWS_PROFILE: 'sso' }), 'SSO'],
  [
    'web identity before the container',
    () => ({ ...web(), ...container(), ...instance() }),
    'STSWEB',
  ],
  ['the container before the instance', () => ({ ...container(), ...instance() }), 'CONTAINER'],
  ['the instance', instance, 'INSTANCE'],
])('from %s: what the SDK gives', async (_name, environment, accessKeyId) => {
  vi.spyOn(console, 'warn').mockReturnValue();
  for (const [name, value] of Object.entries(environment())) vi.stubEnv(name, value);
  const { $source: _source, ...theirs } = (await defaultProvider({
    ignoreCache: true,
  })()) as object & { $source?: object };
  const { $source: _ours, ...ours } = (await defaultCredentials({
    random: () => 0,
  })()) as object & { $source?: object };
  expect(ours).toEqual(theirs);
  expect(ours).toMatchObject({ accessKeyId });
});

test('nothing anywhere: the SDK’s error, and what to do', async () => {
  await expect(defaultCredentials({})()).rejects.toMatchObject({
    code: 'NoCredentials',
    recoverable: true,
    message: expect.stringContaining('AWS_PROFILE'),
  });
});

test('a profile that is not there', async () => {
  for (const [name, value] of Object.entries(files())) vi.stubEnv(name, value);
  vi.stubEnv('AWS_PROFILE', 'nobody');
  await expect(defaultCredentials({})()).rejects.toMatchObject({
    code: 'NoCredentials',
    message: expect.stringContaining('nobody'),
  });
});

test('a rotated credentials file is seen after invalidate', async () => {
  for (const [name, value] of Object.entries(files())) vi.stubEnv(name, value);
  const get = defaultCredentials({});
  expect((await get()).accessKeyId).toBe('FILE');
  await writeFile(
    join(folder, 'credentials'),
    '[default]\naws_access_key_id=ROTATED\naws_secret_access_key=s\n',
  );
  expect((await get()).accessKeyId).toBe('FILE');
  get.invalidate({ accessKeyId: 'FILE' });
  expect((await get()).accessKeyId).toBe('ROTATED');
});
