// Profiles and regions as AWS's own client reads them: the files are real, and so is the SDK.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { STSClient } from '@aws-sdk/client-sts';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import axios from 'axios';
import ky from 'ky';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import {
  assumeRole,
  assumeRoleWithWebIdentity,
  defaultCredentials,
  getSessionToken,
} from '@sigv4/credentials';
import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';
import { createSigner, signChunkedUpload } from '@sigv4/signer';

import { startRawServer, type RawServer } from '../wire/raw-server.ts';
import { CLIENTS } from '../wire/clients.ts';

const CONFIG = `
[default]
region = ap-south-1
[profile dev]
region = eu-west-1
[profile both]
region = eu-west-2
[profile none]
output = json
[profile wrong]
region = eu west
`;
const KEYS = ['default', 'dev', 'both', 'none', 'wrong']
  .map((name) => `[${name}]\naws_access_key_id = KEY${name}\naws_secret_access_key = s\n`)
  .join('')
  .replace('[both]', '[both]\nregion = eu-west-3');
const ENVIRONMENT_KEYS = { AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 's' };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sigv4-profile-'));
  writeFileSync(join(folder, 'config'), CONFIG);
  writeFileSync(join(folder, 'credentials'), KEYS);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  vi.spyOn(console, 'warn').mockReturnValue();
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function set(environment: Readonly<Record<string, string>>): void {
  // The SDK takes a variable that is empty for one that is set.
  for (const name of ['AWS_REGION', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
}

describe('the profile', () => {
  test.each<[string, string | undefined, Record<string, string>, string, string | undefined]>([
    ['that an option names', 'dev', {}, 'KEYdev', 'eu-west-1'],
    ['of an option, not of AWS_PROFILE', 'dev', { AWS_PROFILE: 'none' }, 'KEYdev', 'eu-west-1'],
    ['of an option, not the keys around', 'dev', ENVIRONMENT_KEYS, 'KEYdev', 'eu-west-1'],
    ['that AWS_PROFILE names', undefined, { AWS_PROFILE: 'dev' }, 'KEYdev', 'eu-west-1'],
    ['default', undefined, {}, 'KEYdefault', 'ap-south-1'],
    ['with a region in both files', 'both', {}, 'KEYboth', 'eu-west-3'],
    ['without a region', 'none', {}, 'KEYnone', undefined],
  ])('%s: keys and region of the SDK', async (_name, profile, environment, key, region) => {
    set(environment);
    const ours = defaultCredentials({ profile });
    const options = { ...(profile && { profile }), ignoreCache: true };
    const theirs = await defaultProvider(options)();
    expect(await ours()).toMatchObject({ accessKeyId: key });
    expect((await ours()).accessKeyId).toBe(theirs.accessKeyId);
    const regionOf = new STSClient({ ...(profile && { profile }) }).config.region;
    expect(await ours.region()).toBe(region);
    expect(await regionOf().catch(() => undefined)).toBe(region);
  });

  test('that is not there is named in the error', async () => {
    set(ENVIRONMENT_KEYS);
    await expect(defaultCredentials({ profile: 'nobody' })()).rejects.toMatchObject({
      code: 'NoCredentials',
      message: expect.stringContaining('`profile` names "nobody"'),
    });
  });

  test.each(['', ' ', 7])('%j is no name', (profile) => {
    expect(() => defaultCredentials({ profile: profile as string })).toThrow(
      /^profile: expected the name of a profile/,
    );
  });

  test('has no part in credentials of the environment, nor has its region', async () => {
    set(ENVIRONMENT_KEYS);
    const credentials = defaultCredentials({});
    expect(await credentials()).toMatchObject({ accessKeyId: 'ENV' });
    expect(await credentials.region()).toBeUndefined();
  });
});

/** Where a region can come from, the first that has one first. */
const REGIONS = [
  ['an option', 'eu-north-1'],
  ['AWS_REGION', 'us-west-1'],
  ['AWS_DEFAULT_REGION', 'us-west-2'],
  ['the profile', 'eu-west-1'],
] as const;

/** With the sources from `first` on. */
function from(first: number): { profile: string; region?: string } {
  const [, [, region], [, standard]] = REGIONS;
  set({
    ...(first <= 1 && { AWS_REGION: region }),
    ...(first <= 2 && { AWS_DEFAULT_REGION: standard }),
  });
  return { profile: first <= 3 ? 'dev' : 'none', ...(first === 0 && { region: REGIONS[0][1] }) };
}

function scopeIn(authorization: string | null | undefined): string | undefined {
  return /Credential=\w+\/\d{8}\/([^,]+)\/aws4_request/.exec(authorization ?? '')?.[1];
}

describe('the region of a custom domain', () => {
  let server: RawServer;
  beforeAll(async () => {
    server = await startRawServer();
  });
  afterAll(() => server.close());

  const url = (): string => `http://127.0.0.1:${server.port}/orders`;
  const scope = (): string | undefined => {
    const { rawHeaders } = server.requests.at(-1) ?? { rawHeaders: [] };
    return scopeIn(rawHeaders.find(([name]) => name.toLowerCase() === 'authorization')?.[1]);
  };

  describe.each(Object.entries(CLIENTS))('%s', (_name, make) => {
    test.each(REGIONS.map(([source, region], index) => [source, region, index] as const))(
      'is that of %s',
      async (_source, expected, index) => {
        const { profile, region } = from(index);
        const hosts = [`127.0.0.1:${server.port}`];
        const client = make({
          credentials: defaultCredentials({ profile }),
          hosts,
          ...(region && { region }),
        });
        expect(await client(url())).toBe(200);
        expect(scope()).toBe(`${expected}/execute-api`);
      },
    );

    test.each([
      ['nothing names it', 'none', 'ERR_SIGV4_REGION'],
      ['the profile names none that is one', 'wrong', undefined],
    ])('is an error if %s', async (_case, profile, code) => {
      set({});
      const credentials = defaultCredentials({ profile });
      const client = make({ credentials, hosts: [`127.0.0.1:${server.port}`] });
      const sent = server.requests.length;
      const error: unknown = await client(url()).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect((error as { code?: string }).code).toBe(code);
      expect(String(error)).toMatch(/region: .*(does not tell|expected a name)/);
      expect(server.requests).toHaveLength(sent);
    });
  });

  test.each<[string, (hosts: string[], url: string) => Promise<unknown>]>([
    [
      'axios',
      (hosts, to) => {
        const api = axios.create();
        api.interceptors.request.use(sigv4Interceptor({ hosts }));
        return api.get(to);
      },
    ],
    ['fetch', (hosts, to) => createSignedFetch({ hosts })(to)],
    ['ky', (hosts, to) => ky.extend({ hooks: sigv4Hooks({ hosts }) })(to)],
  ])('%s takes it from the profile where it takes the credentials', async (_name, call) => {
    set({ AWS_PROFILE: 'dev' });
    await call([`127.0.0.1:${server.port}`], url());
    expect(scope()).toBe('eu-west-1/execute-api');
  });

  test('comes through a role too, and for uploads in chunks', async () => {
    set({ AWS_ACCESS_KEY_ID: '' });
    const source = defaultCredentials({ profile: 'dev' });
    const role = assumeRole({ roleArn: 'arn:aws:iam::111122223333:role/r', source });
    // Nothing asks STS here.
    const credentials = Object.assign(async () => ({ accessKeyId: 'A', secretAccessKey: 's' }), {
      region: Reflect.get(role, 'region') as () => Promise<string>,
    });
    const { headers } = await signChunkedUpload(
      {
        method: 'PUT',
        url: 'https://files.example.com/a',
        contentLength: 1,
        body: new Blob(['x']).stream(),
      },
      { credentials },
    );
    expect(scopeIn(headers.authorization)).toBe('eu-west-1/s3');
  });

  test('is not asked for where a host of AWS, or the environment, tells it', async () => {
    set({ AWS_DEFAULT_REGION: 'eu-west-2' });
    const region = vi.fn<() => Promise<string>>();
    const credentials = Object.assign(async () => ({ accessKeyId: 'A', secretAccessKey: 's' }), {
      region,
    });
    for (const host of ['abc123.execute-api.eu-west-2.amazonaws.com', 'api.example.com']) {
      const request = { method: 'GET', url: `https://${host}/` };
      const { headers } = await createSigner({ credentials }).sign(request);
      expect(scopeIn(headers.authorization)).toBe('eu-west-2/execute-api');
    }
    expect(region).not.toHaveBeenCalled();
  });
});

/** ARNs of each partition, and where its STS is. */
const PARTITIONS = [
  ['aws', 'us-east-1', 'amazonaws.com'],
  ['aws-cn', 'cn-north-1', 'amazonaws.com.cn'],
  ['aws-us-gov', 'us-gov-west-1', 'amazonaws.com'],
  ['aws-iso', 'us-iso-east-1', 'c2s.ic.gov'],
  ['aws-iso-b', 'us-isob-east-1', 'sc2s.sgov.gov'],
  ['aws-iso-e', 'eu-isoe-west-1', 'cloud.adc-e.uk'],
  ['aws-iso-f', 'us-isof-south-1', 'csp.hci.ic.gov'],
  ['aws-eusc', 'eusc-de-east-1', 'amazonaws.eu'],
] as const;

type Ask = (partition: string, more: object) => () => Promise<unknown>;

const arnOf = (partition: string, what: string): string =>
  `arn:${partition}:iam::111122223333:${what}`;
const STS: readonly (readonly [string, Ask])[] = [
  ['assumeRole', (id, more) => assumeRole({ roleArn: arnOf(id, 'role/r'), ...more })],
  [
    'getSessionToken',
    (id, more) =>
      getSessionToken({ serialNumber: arnOf(id, 'mfa/m'), tokenCode: '123456', ...more }),
  ],
  [
    'assumeRoleWithWebIdentity',
    (id, { source: _source, ...more }: { source?: unknown }) =>
      assumeRoleWithWebIdentity({
        roleArn: arnOf(id, 'role/r'),
        webIdentityToken: () => 'token',
        ...more,
      }),
  ],
];

describe.each(STS)('%s asks the STS', (name, ask) => {
  /** Where the call goes, and what it is signed for. */
  const called = async (partition: string, more: object): Promise<unknown[]> => {
    const calls: unknown[] = [];
    const fetch: typeof globalThis.fetch = async (input, init) => {
      calls.push(input, scopeIn(new Headers(init?.headers).get('authorization')));
      return new Response('', { status: 400 });
    };
    await expect(ask(partition, { ...more, fetch })()).rejects.toThrow('STS answered 400');
    return calls;
  };
  const signed = (region: string): string | undefined =>
    name === 'assumeRoleWithWebIdentity' ? undefined : `${region}/sts`;
  const keys = { accessKeyId: 'A', secretAccessKey: 's' };

  test.each(PARTITIONS)(
    'of %s for its ARNs, if nothing names a region: %s',
    async (partition, region, suffix) => {
      set({});
      const host = `https://sts.${region}.${suffix}/`;
      expect(await called(partition, { source: keys })).toEqual([host, signed(region)]);
    },
  );

  test.each(REGIONS.map(([source, region], index) => [source, region, index] as const))(
    'of the region of %s, whatever the ARN',
    async (source, region, index) => {
      const { profile, region: option } = from(index);
      const more = { source: defaultCredentials({ profile }), ...(option && { region: option }) };
      // A web identity is no profile.
      const isNone = source === 'the profile' && name === 'assumeRoleWithWebIdentity';
      const host = isNone
        ? 'https://sts.cn-north-1.amazonaws.com.cn/'
        : `https://sts.${region}.amazonaws.com/`;
      expect(await called('aws-cn', more)).toEqual([host, signed(region)]);
    },
  );
});

test('a region that is none is refused, also that of a profile', async () => {
  set({});
  const roleArn = 'arn:aws:iam::111122223333:role/r';
  const source = defaultCredentials({ profile: 'wrong' });
  const role = assumeRole({ roleArn, source });
  await expect(role()).rejects.toThrow("the profile's region: expected a name");
  set({ AWS_DEFAULT_REGION: 'x.evil.example/#' });
  expect(() => assumeRole({ roleArn, source })).toThrow(/^AWS_DEFAULT_REGION: expected a name/);
});
