import { hostname } from 'node:os';
import { inspect } from 'node:util';

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { assumeRole, CredentialsError, type AssumeRoleOptions } from '@sigv4/credentials';
import { startLocalAws, type LocalAws, type PolicyDocument } from '@sigv4/testing';

const ROLE = 'arn:aws:iam::222222222222:role/orders-invoke';
const SOURCE = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

function allow(more: object): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', ...more },
  };
}

describe('at the local STS', () => {
  let aws: LocalAws;
  let options: AssumeRoleOptions;

  beforeAll(async () => {
    aws = await startLocalAws({
      accounts: {
        '111111111111': {
          users: { 'order-service': { policies: [allow({ Resource: '*' })] }, intern: {} },
        },
        '222222222222': {
          roles: {
            'orders-invoke': {
              trust: allow({ Principal: { AWS: '111111111111' } }),
              policies: [allow({ Resource: '*' })],
              maxSessionDuration: 7200,
            },
            'with/path': { trust: allow({ Principal: { AWS: '222222222222' } }) },
          },
        },
      },
    });
    options = {
      roleArn: ROLE,
      source: aws.credentialsOf('arn:aws:iam::111111111111:user/order-service'),
      region: aws.region,
      endpoint: aws.stsUrl,
      now: aws.clock.now,
    };
  });
  afterAll(() => aws.close());

  test('gives a session, and another one when it ends', async () => {
    const get = assumeRole({ ...options, roleSessionName: 'nightly', durationSeconds: 7200 });
    const before = aws.requests.length;
    const first = await get();
    expect(first).toMatchObject({
      accessKeyId: expect.stringMatching(/^ASIA/),
      sessionToken: expect.stringMatching(/^.{100,}$/),
      expiration: new Date(Math.floor((aws.clock.now() + 7_200_000) / 1000) * 1000),
    });
    aws.clock.advance('119m');
    const second = await get();
    expect(second.accessKeyId).not.toBe(first.accessKeyId);
    expect(aws.requests.slice(before).map(({ action, status }) => [action, status])).toEqual([
      ['AssumeRole', 200],
      ['AssumeRole', 200],
    ]);
  });

  test('200 callers on a cold cache: one AssumeRole', async () => {
    const before = aws.requests.length;
    const get = assumeRole(options);
    await Promise.all(Array.from({ length: 200 }, () => get()));
    expect(aws.requests.length - before).toBe(1);
  });

  test('a chain: the session of one role assumes the next', async () => {
    const get = assumeRole({
      ...options,
      source: assumeRole(options),
      roleArn: 'arn:aws:iam::222222222222:role/with/path',
    });
    expect((await get()).accessKeyId).toMatch(/^ASIA/);
    expect(aws.requests.at(-1)?.callerArn).toMatch(
      /^arn:aws:sts::222222222222:assumed-role\/orders-invoke\//,
    );
  });

  test('who may not: the code of STS, the role, and what to look at', async () => {
    const source = aws.credentialsOf('arn:aws:iam::111111111111:user/intern');
    const error: unknown = await assumeRole({ ...options, source })().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(CredentialsError);
    expect(error).toMatchObject({
      code: 'AccessDenied',
      recoverable: false,
      roleArn: ROLE,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      message: expect.stringMatching(
        /^assumeRole arn:aws:iam::222222222222:role\/orders-invoke: STS answered 403 AccessDenied: User: arn:aws:iam::111111111111:user\/intern is not authorized.*; the trust policy of arn:aws:iam::222222222222:role\/orders-invoke does not allow arn:aws:iam::111111111111:user\/intern/,
      ),
    });
    expect(inspect(error, { depth: 9 })).not.toContain(source.secretAccessKey);
  });

  test('a session that is refused shows up in no text, though STS quotes its token', async () => {
    const session = await assumeRole(options)();
    const source = { ...session, secretAccessKey: 'wrong' };
    const error: unknown = await assumeRole({ ...options, source })().catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'SignatureDoesNotMatch' });
    expect(aws.requests.at(-1)?.refusal).toContain(session.sessionToken);
    expect(inspect(error, { depth: 9 })).not.toContain(session.sessionToken);
  });

  test.each([
    ['an hour behind', -3_600_000],
    ['two hours ahead', 7_200_000],
  ])(
    'a clock that is %s is corrected, and the end of the session told by it',
    async (_name, off) => {
      const before = aws.requests.length;
      const now = (): number => aws.clock.now() + off;
      const get = assumeRole({ ...options, now, random: () => 0 });
      const { expiration } = await get();
      expect(Math.abs(Number(expiration) - now() - 3_600_000)).toBeLessThan(2000);
      await get();
      expect(aws.requests.slice(before).map(({ status }) => status)).toEqual([403, 200]);
    },
  );

  test('a source whose session AWS refuses is invalidated, and asked for another once', async () => {
    const source = assumeRole(options);
    const { accessKeyId } = await source();
    aws.forgetSessions(ROLE);
    const roleArn = 'arn:aws:iam::222222222222:role/with/path';
    expect((await assumeRole({ ...options, source, roleArn })()).accessKeyId).toMatch(/^ASIA/);
    expect((await source()).accessKeyId).not.toBe(accessKeyId);
  });

  test('a source that has nothing else is told as expired, and the old session stays', async () => {
    const session = await assumeRole({ ...options, durationSeconds: 900 })();
    const source = vi.fn(async () => session);
    const roleArn = 'arn:aws:iam::222222222222:role/with/path';
    const get = assumeRole({ ...options, source, roleArn, random: () => 0 });
    const first = await get();
    aws.clock.advance('50m');
    expect(await get()).toEqual(first);
    expect(aws.requests.at(-1)).toMatchObject({ action: 'AssumeRole', status: 403 });
    const cold = assumeRole({ ...options, source, roleArn });
    await expect(cold()).rejects.toMatchObject({ code: 'ExpiredToken', recoverable: true });
  });
});

describe('the request', () => {
  afterEach(() => vi.unstubAllEnvs());

  const XML =
    '<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00.123456789Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>';

  async function sent(
    more: Partial<AssumeRoleOptions> = {},
  ): Promise<{ url: string; body: URLSearchParams; scope: string | undefined }> {
    const fetch = vi.fn<typeof globalThis.fetch>(async () => new Response(XML));
    await assumeRole({ roleArn: ROLE, source: SOURCE, fetch, ...more })();
    const [url, init] = fetch.mock.calls[0] ?? [];
    const headers = init?.headers as Record<string, string>;
    return {
      url: url as string,
      body: new URLSearchParams(init?.body as string),
      scope: /Credential=AKIDEXAMPLE\/\d+\/([^,]*)/.exec(headers['authorization'] ?? '')?.[1],
    };
  }

  test('follows no redirect', async () => {
    const fetch = vi.fn<typeof globalThis.fetch>(async () => new Response(XML));
    await assumeRole({ roleArn: ROLE, source: SOURCE, fetch })();
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({ redirect: 'manual' });
  });

  test('goes by http: to another machine only if that is allowed', async () => {
    const endpoint = 'http://sts.internal:4566';
    await expect(sent({ endpoint })).rejects.toMatchObject({ code: 'ERR_SIGV4_INSECURE' });
    expect((await sent({ endpoint, allowInsecureHttp: true })).url).toBe(`${endpoint}/`);
  });

  test.each(['2099-01-01T00:00:00Z', '2099-01-01T00:00:00', '2099-01-01T01:00:00+01:00'])(
    'the answer ends at %s: UTC, unless it says otherwise',
    async (told) => {
      const fetch = async (): Promise<Response> =>
        new Response(
          XML.replace(/<Expiration>.*<\/Expiration>/, `<Expiration>${told}</Expiration>`),
        );
      const { expiration } = await assumeRole({ roleArn: ROLE, source: SOURCE, fetch })();
      expect(expiration).toEqual(new Date('2099-01-01T00:00:00Z'));
    },
  );

  test('has every parameter of the API', async () => {
    const { body } = await sent({
      policy: { Version: '2012-10-17', Statement: [] },
      policyArns: ['arn:aws:iam::aws:policy/A', 'arn:aws:iam::aws:policy/B'],
      tags: { team: 'orders', 'cost center': 'ä 1' },
      transitiveTagKeys: ['team'],
      sourceIdentity: 'anna@example.com',
      serialNumber: 'arn:aws:iam::111111111111:mfa/anna',
      tokenCode: '123456',
      roleSessionName: 'me',
    });
    expect(Object.fromEntries(body)).toEqual({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: ROLE,
      RoleSessionName: 'me',
      Policy: '{"Version":"2012-10-17","Statement":[]}',
      'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/A',
      'PolicyArns.member.2.arn': 'arn:aws:iam::aws:policy/B',
      'Tags.member.1.Key': 'team',
      'Tags.member.1.Value': 'orders',
      'Tags.member.2.Key': 'cost center',
      'Tags.member.2.Value': 'ä 1',
      'TransitiveTagKeys.member.1': 'team',
      SourceIdentity: 'anna@example.com',
      SerialNumber: 'arn:aws:iam::111111111111:mfa/anna',
      TokenCode: '123456',
    });
  });

  test('asks for the code of the MFA device at each renewal', async () => {
    const tokenCode = vi.fn(async () => '000001');
    const fetch = vi.fn<typeof globalThis.fetch>(async () => new Response(XML));
    const serialNumber = 'arn:aws:iam::111111111111:mfa/anna';
    const get = assumeRole({ roleArn: ROLE, source: SOURCE, fetch, serialNumber, tokenCode });
    const { accessKeyId } = await get();
    tokenCode.mockResolvedValueOnce('000002');
    get.invalidate({ accessKeyId });
    await get();
    const codes = fetch.mock.calls.map(([, init]) =>
      new URLSearchParams(init?.body as string).get('TokenCode'),
    );
    expect(codes).toEqual(['000001', '000002']);
    tokenCode.mockResolvedValueOnce('12 34');
    await expect(
      assumeRole({ roleArn: ROLE, source: SOURCE, fetch, serialNumber, tokenCode })(),
    ).rejects.toMatchObject({ code: 'NoToken', message: expect.not.stringContaining('12 34') });
  });

  test.each([
    ['eu-west-1', 'sts.eu-west-1.amazonaws.com'],
    ['cn-northwest-1', 'sts.cn-northwest-1.amazonaws.com.cn'],
    ['us-gov-west-1', 'sts.us-gov-west-1.amazonaws.com'],
    ['us-iso-east-1', 'sts.us-iso-east-1.c2s.ic.gov'],
    ['us-isob-east-1', 'sts.us-isob-east-1.sc2s.sgov.gov'],
    ['eu-isoe-west-1', 'sts.eu-isoe-west-1.cloud.adc-e.uk'],
    ['us-isof-south-1', 'sts.us-isof-south-1.csp.hci.ic.gov'],
    ['eusc-de-east-1', 'sts.eusc-de-east-1.amazonaws.eu'],
  ])('in %s goes to %s', async (region, host) => {
    expect(await sent({ region })).toMatchObject({
      url: `https://${host}/`,
      scope: `${region}/sts/aws4_request`,
    });
  });

  test('has what was asked for', async () => {
    const { body } = await sent({ roleSessionName: 'me', externalId: 'x:1', durationSeconds: 900 });
    expect(Object.fromEntries(body)).toEqual({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: ROLE,
      RoleSessionName: 'me',
      ExternalId: 'x:1',
      DurationSeconds: '900',
    });
  });

  test.each<[string, Partial<AssumeRoleOptions>, Record<string, string>, string, string]>([
    [
      'us-east-1, if nothing is said',
      {},
      {},
      'https://sts.us-east-1.amazonaws.com/',
      'us-east-1/sts/aws4_request',
    ],
    [
      'AWS_REGION',
      {},
      { AWS_REGION: 'eu-west-1' },
      'https://sts.eu-west-1.amazonaws.com/',
      'eu-west-1/sts/aws4_request',
    ],
    [
      'the region that is named',
      { region: 'cn-north-1' },
      { AWS_REGION: 'eu-west-1' },
      'https://sts.cn-north-1.amazonaws.com.cn/',
      'cn-north-1/sts/aws4_request',
    ],
    [
      'AWS_ENDPOINT_URL',
      {},
      { AWS_ENDPOINT_URL: 'http://localhost:4566' },
      'http://localhost:4566/',
      'us-east-1/sts/aws4_request',
    ],
    [
      'AWS_ENDPOINT_URL_STS before it',
      {},
      { AWS_ENDPOINT_URL: 'http://localhost:1', AWS_ENDPOINT_URL_STS: 'http://localhost:2/sts' },
      'http://localhost:2/sts',
      'us-east-1/sts/aws4_request',
    ],
    [
      'neither, if they are to be ignored',
      {},
      { AWS_ENDPOINT_URL: 'http://localhost:1', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      'https://sts.us-east-1.amazonaws.com/',
      'us-east-1/sts/aws4_request',
    ],
    [
      'the endpoint that is named',
      { endpoint: 'http://localhost:3' },
      { AWS_ENDPOINT_URL: 'http://localhost:1' },
      'http://localhost:3/',
      'us-east-1/sts/aws4_request',
    ],
  ])('goes to %s', async (_name, more, environment, url, scope) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    expect(await sent(more)).toMatchObject({ url, scope });
  });

  test('names the session after the Lambda function, else after host and process', async () => {
    const host = hostname().replaceAll(/[^\w+=,.@-]/g, '-');
    expect((await sent()).body.get('RoleSessionName')).toBe(`${host}-${process.pid}`.slice(-64));
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', `orders ü ${'x'.repeat(80)}`);
    expect((await sent()).body.get('RoleSessionName')).toBe('x'.repeat(64));
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'ü');
    expect((await sent()).body.get('RoleSessionName')).toBe('--');
  });
});

test.each<[object, RegExp]>([
  [
    { roleArn: undefined },
    /roleArn: expected an ARN such as 'arn:aws:iam::222222222222:role\/orders-invoke', got undefined/,
  ],
  [{ roleArn: 'orders-invoke' }, /roleArn: expected an ARN.*got "orders-invoke"/],
  [{ roleArn: 'arn:aws:iam::2222:role/x' }, /roleArn/],
  [{ roleArn: 'arn:aws:iam::222222222222:user/x' }, /roleArn/],
  [{ roleArn: 'arn:aws:IAM::222222222222:role/x' }, /roleArn/],
  [{ roleSessionName: 'a b' }, /roleSessionName: expected 2 to 64/],
  [{ roleSessionName: 'x' }, /roleSessionName/],
  [{ externalId: '' }, /externalId: expected 2 to 1224/],
  [
    { durationSeconds: 60 },
    /durationSeconds: expected a whole number of seconds from 900 to 43200, got 60/,
  ],
  [{ durationSeconds: '900' }, /durationSeconds/],
  [{ region: 'a b' }, /region: expected a name/],
  [{ durationSecond: 900 }, /durationSecond: there is no such option; there are roleArn, /],
  [{ policy: [] }, /policy: expected a policy document/],
  [
    { policyArns: Array.from({ length: 11 }, () => 'arn:aws:iam::aws:policy/A') },
    /policyArns: expected up to 10/,
  ],
  [{ policyArns: ['A'] }, /policyArns/],
  [{ tags: { team: 7 } }, /tags: expected up to 50 keys with texts/],
  [{ tags: null }, /tags/],
  [{ tags: new Map([['team', 'orders']]) }, /tags/],
  [{ transitiveTagKeys: 'team' }, /transitiveTagKeys/],
  [{ sourceIdentity: 'a b' }, /sourceIdentity: expected 2 to 64/],
  [{ tokenCode: '12345' }, /tokenCode: expected six digits, or a function.*got a string$/],
  [{ tokenCode: '123456' }, /serialNumber: is missing/],
  [{ serialNumber: 'arn:aws:iam::111111111111:mfa/anna' }, /tokenCode: is missing/],
  [{ timeout: 0 }, /timeout: expected a number of seconds/],
  [{ attemptTimeout: '5' }, /attemptTimeout/],
  [{ advisoryWindow: -1 }, /advisoryWindow/],
  [{ endpoint: 'localhost:4566/' }, /endpoint: expected an absolute URL/],
  [{ endpoint: '/sts' }, /endpoint: expected an absolute URL/],
  [
    { endpoint: 'https://user:pw@sts.example/' },
    /^endpoint: STS takes no user and password; leave them out of the URL$/,
  ],
  [{ source: 'me' }, /source: expected credentials, or an async function.*got a string$/],
])('%j is refused when the provider is made', (options, message) => {
  const make = (): unknown => assumeRole({ roleArn: ROLE, source: SOURCE, ...options });
  expect(make).toThrow(
    expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(message) }),
  );
});

test.each([
  'arn:aws:iam:::role/S3Access',
  'arn:aws:iam::RGW12345678901234567:role/a/S3Access',
  'arn:aws:iam::tenant_1:role/S3Access',
  'arn:minio:iam:::role/dummy-internal',
  'arn:aws:iam::222222222222:role/a!b~/c/S3Access',
])("another implementation's %s is taken, and every path that IAM takes", (roleArn) => {
  expect(() => assumeRole({ roleArn, source: SOURCE })).not.toThrow();
});

test('nothing but an object is taken', () => {
  expect(() => assumeRole(ROLE as unknown as AssumeRoleOptions)).toThrow(
    /^assumeRole: expected an object with roleArn, .*, got a string$/,
  );
});
