import { beforeEach, describe, expect, test } from 'vitest';

import { createSignedFetch } from '@sigv4/fetch';
import {
  mfaCode,
  startLocalAws,
  type AccountDefinition,
  type LocalAws,
  type PolicyStatement,
  type RoleDefinition,
  type TestCredentials,
} from '@sigv4/testing';

import { allow, CALLER, OTHER, OWN, policy } from '../world.ts';
import { callSts, elementOf, tagParameters, type StsAnswer } from './sts-client.ts';

const role = (name: string, account = OTHER): string => `arn:aws:iam::${account}:role/${name}`;
const SEED = 'JBSWY3DPEHPK3PXP';
const MFA = `arn:aws:iam::${OWN}:mfa/order-service`;
const API = `arn:aws:execute-api:eu-west-1:${OTHER}:api0000000`;

function letting(principal: string, more: Partial<PolicyStatement> = {}): PolicyStatement {
  return {
    Effect: 'Allow',
    Principal: { AWS: principal },
    Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
    ...more,
  };
}

function trusting(...of: Parameters<typeof letting>): RoleDefinition['trust'] {
  return policy(letting(...of));
}

const ROLES: AccountDefinition['roles'] = {
  reader: {
    trust: trusting(OWN),
    policies: [allow('execute-api:Invoke'), allow('sts:*')],
    maxSessionDuration: 7200,
    tags: { team: 'blue', stage: 'prod' },
  },
  'path/next': {
    trust: trusting(OTHER),
    policies: [
      allow('sts:*'),
      allow('execute-api:Invoke', `${API}/prod/GET/cost-\${aws:PrincipalTag/Cost}`),
      allow('execute-api:Invoke', `${API}/prod/GET/team-\${aws:PrincipalTag/Team}`),
      allow('execute-api:Invoke', `${API}/prod/GET/by-\${aws:SourceIdentity}`),
    ],
    maxSessionDuration: 43_200,
  },
  untagged: { trust: trusting(OWN, { Action: 'sts:AssumeRole' }) },
  external: {
    trust: trusting(OWN, { Condition: { StringEquals: { 'sts:ExternalId': 'x-1' } } }),
  },
  named: {
    trust: trusting(OWN, {
      Condition: { StringLike: { 'sts:RoleSessionName': '${aws:username}' } },
    }),
  },
  tagged: {
    trust: trusting(OWN, {
      Condition: {
        StringEquals: { 'aws:RequestTag/team': 'red' },
        'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'cost'] },
      },
    }),
  },
  mfa: { trust: trusting(OWN, { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }) },
  org: {
    trust: trusting('*', { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } } }),
  },
  denying: {
    trust: policy(letting(OWN), {
      Sid: 'Not',
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:AssumeRole',
    }),
  },
};

let aws: LocalAws;
beforeEach(async () => {
  aws = await startLocalAws({
    accounts: {
      [OWN]: {
        policies: { 'get-only': allow('*') },
        organization: 'o-a1b2c3d4e5',
        users: {
          'order-service': {
            policies: [allow('sts:*')],
            mfa: { serialNumber: MFA, seed: SEED },
          },
        },
      },
      [OTHER]: {
        roles: ROLES,
        policies: { 'get-only': allow('execute-api:Invoke', `${API}/prod/GET/*`) },
      },
    },
    apis: {
      api: {
        account: OTHER,
        id: 'api0000000',
        routes: [{ method: 'ANY', path: '/{proxy+}', handler: () => ({}) }],
      },
    },
  });
  return () => aws.close();
});

function assume(
  name: string,
  more: Record<string, string> = {},
  credentials: TestCredentials = aws.credentialsOf(CALLER),
): Promise<StsAnswer> {
  return callSts(aws, credentials, {
    Action: 'AssumeRole',
    RoleArn: role(name),
    RoleSessionName: 'session-1',
    ...more,
  });
}

async function invoke(credentials: TestCredentials, method: string, path: string): Promise<number> {
  const call = createSignedFetch({
    credentials,
    region: aws.region,
    now: aws.clock.now,
    retryRejected: false,
  });
  return (await call(`${aws.apiUrl}/${path}`, { method })).status;
}

test('the answer is as STS writes it', async () => {
  const { xml, credentials } = await assume('reader', {
    SourceIdentity: 'anna',
    Policy: JSON.stringify(allow('*')),
  });
  const requestId = elementOf(xml, 'RequestId') ?? '';
  expect(requestId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const expiration = new Date(aws.clock.now() + 3_600_000).toISOString().replace(/\.\d+/, '');
  expect(xml).toBe(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult>
    <SourceIdentity>anna</SourceIdentity>
    <AssumedRoleUser>
      <AssumedRoleId>${elementOf(xml, 'AssumedRoleId')}</AssumedRoleId>
      <Arn>arn:aws:sts::${OTHER}:assumed-role/reader/session-1</Arn>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>${credentials.accessKeyId}</AccessKeyId>
      <SecretAccessKey>${credentials.secretAccessKey}</SecretAccessKey>
      <SessionToken>${credentials.sessionToken}</SessionToken>
      <Expiration>${expiration}</Expiration>
    </Credentials>
    <PackedPolicySize>${elementOf(xml, 'PackedPolicySize')}</PackedPolicySize>
  </AssumeRoleResult>
  <ResponseMetadata>
    <RequestId>${requestId}</RequestId>
  </ResponseMetadata>
</AssumeRoleResponse>
`);
  expect(elementOf(xml, 'AssumedRoleId')).toMatch(/^AROA[A-Z2-7]{16}:session-1$/);
});

test('an error is as STS writes it', async () => {
  const { status, xml } = await assume('nobody', {});
  expect(status).toBe(403);
  expect(xml).toBe(`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error>
    <Type>Sender</Type>
    <Code>AccessDenied</Code>
    <Message>User: ${CALLER} is not authorized to perform: sts:AssumeRole on resource: ${role('nobody')}</Message>
  </Error>
  <RequestId>${elementOf(xml, 'RequestId')}</RequestId>
</ErrorResponse>
`);
});

test('text of the caller cannot break the answer', async () => {
  const { xml } = await assume('reader', { RoleSessionName: '<a>&amp;\u0000\r]]>' });
  expect(xml).toContain("Value '&lt;a&gt;&amp;amp;\uFFFD&#xD;]]&gt;' at 'roleSessionName'");
});

const LONG = 'x'.repeat(2049);
test.each<[string, Record<string, string>, string, RegExp]>([
  [
    'three faults',
    { RoleSessionName: '?', DurationSeconds: '899' },
    'ValidationError',
    /^3 validation errors detected: Value '\?' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: \[\\w\+=,\.@-\]\*; Value '\?' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2; Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900$/,
  ],
  [
    'too long',
    { DurationSeconds: '43201' },
    'ValidationError',
    /^1 validation error detected: Value '43201' at 'durationSeconds' .* value less than or equal to 43200$/,
  ],
  [
    'longer than the role lets',
    { DurationSeconds: '7201' },
    'ValidationError',
    /^The requested DurationSeconds exceeds the MaxSessionDuration set for this role\.$/,
  ],
  ['no number', { DurationSeconds: '1e3' }, 'MalformedInput', /1e3/],
  ['a user', { RoleArn: CALLER }, 'ValidationError', /^Request ARN is invalid$/],
  [
    'an ARN too short',
    { RoleArn: 'role/x' },
    'ValidationError',
    /at 'roleArn'.*greater than or equal to 20/,
  ],
  ['an external id that is none', { ExternalId: 'a b' }, 'ValidationError', /at 'externalId'/],
  [
    'a source identity that is none',
    { SourceIdentity: 'a:b' },
    'ValidationError',
    /at 'sourceIdentity'/,
  ],
  [
    'a serial number that is none',
    { SerialNumber: 'a b', TokenCode: '123456' },
    'ValidationError',
    /at 'serialNumber'/,
  ],
  [
    'a code that is none',
    { SerialNumber: MFA, TokenCode: '12345x' },
    'ValidationError',
    /at 'tokenCode'/,
  ],
  [
    'a policy too long',
    { Policy: LONG },
    'ValidationError',
    /at 'policy'.*less than or equal to 2048/,
  ],
  ['a policy that is no JSON', { Policy: '{' }, 'MalformedPolicyDocument', /invalid Json/],
  ['a policy that is null', { Policy: 'null' }, 'MalformedPolicyDocument', /Version must be/],
  [
    'a policy with a principal',
    {
      Policy: JSON.stringify(
        policy({ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }),
      ),
    },
    'MalformedPolicyDocument',
    /has no Principal/,
  ],
  [
    'a policy with what is not known',
    {
      Policy: JSON.stringify(
        policy({
          Effect: 'Allow',
          Action: '*',
          Resource: '*',
          Condition: { StringEquals: { 'aws:Foo': 'x' } },
        }),
      ),
    },
    'MalformedPolicyDocument',
    /the condition key aws:Foo is not supported/,
  ],
  [
    'a managed policy that is none',
    { 'PolicyArns.member.1.arn': `arn:aws:iam::${OTHER}:policy/x` },
    'MalformedPolicyDocument',
    /does not exist/,
  ],
  [
    'a managed policy of another account',
    { 'PolicyArns.member.1.arn': `arn:aws:iam::${OWN}:policy/get-only` },
    'MalformedPolicyDocument',
    /does not exist in the account of the role/,
  ],
  [
    '11 managed policies',
    Object.fromEntries(
      Array.from({ length: 11 }, (_, at) => [
        `PolicyArns.member.${at + 1}.arn`,
        `arn:aws:iam::${OTHER}:policy/get-only`,
      ]),
    ),
    'ValidationError',
    /at 'policyArns'.*less than or equal to 10/,
  ],
  [
    'a tag without a key',
    tagParameters({ '': 'x' }),
    'ValidationError',
    /at 'tags\.1\.member\.key'/,
  ],
  [
    'a tag value too long',
    tagParameters({ a: 'x'.repeat(257) }),
    'ValidationError',
    /at 'tags\.1\.member\.value'/,
  ],
  [
    'a tag twice',
    tagParameters({ Team: 'a', team: 'b' }),
    'InvalidParameterValue',
    /^Duplicate tag keys found\. Please note that Tag keys are case insensitive\.$/,
  ],
  [
    '51 tags',
    tagParameters(Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`k${at}`, '']))),
    'InvalidParameterValue',
    /must not exceed 50/,
  ],
  ['a reserved tag', tagParameters({ 'aws:x': 'y' }), 'InvalidParameterValue', /reserved/],
  [
    'a transitive key that is no tag',
    tagParameters({ a: 'b' }, ['c']),
    'InvalidParameterValue',
    /must be included in the requested tags/,
  ],
  [
    'tags that are too much',
    tagParameters(
      Object.fromEntries(
        Array.from({ length: 50 }, (_, at) => [
          `${at}`,
          Array.from({ length: 250 }, (__, n) =>
            String.fromCodePoint(0x4e00 + ((at * 997 + n * 7919) % 20_000)),
          ).join(''),
        ]),
      ),
    ),
    'PackedPolicyTooLarge',
    /^Packed size of session tags consumes \d{3,}% of allotted space\.$/,
  ],
])('%s', async (_name, parameters, code, message) => {
  expect(await assume('reader', parameters)).toMatchObject({
    status: 400,
    code,
    message: expect.stringMatching(message),
  });
});

describe('the trust policy', () => {
  const denied = (action: string, name: string, more = ''): object => ({
    status: 403,
    code: 'AccessDenied',
    message: `User: ${CALLER} is not authorized to perform: ${action} on resource: ${role(name)}${more}`,
  });
  test.each<[string, string, Record<string, string>, object]>([
    ['an external id', 'external', { ExternalId: 'x-1' }, { status: 200 }],
    [
      'another external id',
      'external',
      { ExternalId: 'x-2' },
      denied('sts:AssumeRole', 'external'),
    ],
    ['a session name', 'named', { RoleSessionName: 'order-service' }, { status: 200 }],
    ['another session name', 'named', {}, denied('sts:AssumeRole', 'named')],
    [
      'tags',
      'tagged',
      tagParameters({ Team: 'red', Cost: '1' }),
      denied('sts:AssumeRole', 'tagged'),
    ],
    ['tags in their case', 'tagged', tagParameters({ team: 'red', cost: '1' }), { status: 200 }],
    [
      'a tag more',
      'tagged',
      tagParameters({ team: 'red', x: '1' }),
      denied('sts:AssumeRole', 'tagged'),
    ],
    [
      'no sts:TagSession',
      'untagged',
      tagParameters({ a: 'b' }),
      denied('sts:TagSession', 'untagged'),
    ],
    [
      'no sts:SetSourceIdentity',
      'untagged',
      { SourceIdentity: 'anna' },
      denied('sts:SetSourceIdentity', 'untagged'),
    ],
    ['an organization', 'org', {}, { status: 200 }],
    [
      'an explicit deny',
      'denying',
      {},
      denied('sts:AssumeRole', 'denying', ' with an explicit deny'),
    ],
  ])('%s', async (_name, name, parameters, expected) => {
    expect(await assume(name, parameters)).toMatchObject(expected);
  });
});

describe('a code of an MFA device', () => {
  // RFC 6238, appendix B: its seed, its times, the last six of its eight digits.
  test.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [20_000_000_000, '353130'],
  ])('at %d is %s', (seconds, code) => {
    expect(mfaCode({ seed: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' }, seconds * 1000)).toBe(code);
  });

  test('is good for a minute, with the serial number of the user', async () => {
    const code = mfaCode({ seed: SEED }, aws.clock.now());
    const given = { SerialNumber: MFA, TokenCode: code };
    expect(await assume('mfa')).toMatchObject({ status: 403 });
    expect(await assume('mfa', given)).toMatchObject({ status: 200 });
    aws.clock.advance('61s');
    expect(await assume('mfa', given)).toMatchObject({
      status: 403,
      message: 'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
    });
    expect(await assume('mfa', { TokenCode: code })).toMatchObject({
      message:
        'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.',
    });
    expect(await assume('mfa', { ...given, SerialNumber: `${MFA}2` })).toMatchObject({
      message: expect.stringContaining('unable to validate MFA code.'),
    });
  });

  test('is in the session of the user, not in that of a role', async () => {
    const { credentials } = await callSts(aws, aws.credentialsOf(CALLER), {
      Action: 'GetSessionToken',
      SerialNumber: MFA,
      TokenCode: mfaCode({ seed: SEED }, aws.clock.now()),
    });
    expect(await assume('mfa', {}, credentials)).toMatchObject({ status: 200 });
  });
});

describe('session policies', () => {
  const GET = JSON.stringify(allow('execute-api:Invoke', `${API}/prod/GET/*`));
  const managed = { 'PolicyArns.member.1.arn': `arn:aws:iam::${OTHER}:policy/get-only` };
  test.each<[string, Record<string, string>, number, number]>([
    ['none', {}, 200, 200],
    ['of the call', { Policy: GET }, 200, 403],
    ['managed', managed, 200, 403],
    [
      'together allow what either does',
      { ...managed, Policy: JSON.stringify(allow('execute-api:Invoke', `${API}/prod/POST/*`)) },
      200,
      200,
    ],
    ['that allow nothing of use', { Policy: JSON.stringify(allow('s3:*')) }, 403, 403],
  ])('%s', async (_name, parameters, get, post) => {
    const { credentials, xml } = await assume('reader', parameters);
    expect(await invoke(credentials, 'GET', 'x')).toBe(get);
    expect(await invoke(credentials, 'POST', 'x')).toBe(post);
    expect(elementOf(xml, 'PackedPolicySize') !== undefined).toBe(
      Object.keys(parameters).length > 0,
    );
  });

  test('allow nothing that the role may not', async () => {
    const { credentials } = await assume('untagged', { Policy: JSON.stringify(allow('*')) });
    expect(await invoke(credentials, 'GET', 'x')).toBe(403);
    expect(aws.requests.at(-1)?.because).toMatch(
      /^identity policies: nothing is allowed\. session policies: allowed\. /,
    );
  });
});

describe('role chaining', () => {
  const next = { RoleArn: role('path/next') };

  test('is for an hour at most, and by default', async () => {
    const { credentials } = await assume('reader');
    expect(await assume('', { ...next, DurationSeconds: '3601' }, credentials)).toMatchObject({
      status: 400,
      code: 'ValidationError',
      message:
        'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    });
    const chained = await assume('', { ...next, DurationSeconds: '3600' }, credentials);
    expect(elementOf(chained.xml, 'Arn')).toBe(`arn:aws:sts::${OTHER}:assumed-role/next/session-1`);
  });

  test('is not for a session whose policy does not let it', async () => {
    const Policy = JSON.stringify(allow('execute-api:Invoke'));
    const { credentials } = await assume('reader', { Policy });
    expect(await assume('', next, credentials)).toMatchObject({ status: 403 });
    expect(aws.requests.at(-1)?.because).toMatch(/session policies: .*another action/);
  });

  test('carries transitive tags and the source identity on, and no others', async () => {
    const first = await assume('reader', {
      ...tagParameters({ Cost: '7', Team: 'red' }, ['cost']),
      SourceIdentity: 'anna',
    });
    expect(
      await assume('', { ...next, ...tagParameters({ COST: '8' }) }, first.credentials),
    ).toMatchObject({
      code: 'InvalidParameterValue',
      message: expect.stringContaining('conflicts'),
    });
    expect(await assume('', { ...next, SourceIdentity: 'bob' }, first.credentials)).toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining('sts:SetSourceIdentity'),
    });
    const second = await assume('', next, first.credentials);
    expect(elementOf(second.xml, 'SourceIdentity')).toBe('anna');
    expect(await invoke(second.credentials, 'GET', 'cost-7')).toBe(200);
    expect(await invoke(second.credentials, 'GET', 'team-red')).toBe(403);
    expect(await invoke(second.credentials, 'GET', 'by-anna')).toBe(200);
    const third = { ...next, ...tagParameters({ cost: '9' }) };
    expect(await assume('', third, second.credentials)).toMatchObject({
      code: 'InvalidParameterValue',
    });
  });

  test('with a transitive tag needs sts:TagSession of the next role', async () => {
    const trust = trusting(OTHER, { Action: 'sts:AssumeRole' });
    await using local = await startLocalAws({
      accounts: {
        [OWN]: { users: { 'order-service': { policies: [allow('sts:*')] } } },
        [OTHER]: { roles: { ...ROLES, plain: { trust } } },
      },
    });
    const first = await callSts(local, local.credentialsOf(CALLER), {
      Action: 'AssumeRole',
      RoleArn: role('reader'),
      RoleSessionName: 'one',
      ...tagParameters({ cost: '7' }, ['cost']),
    });
    const chain = { Action: 'AssumeRole', RoleArn: role('plain'), RoleSessionName: 'two' };
    expect(await callSts(local, first.credentials, chain)).toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining('sts:TagSession'),
    });
  });
});

describe('GetSessionToken', () => {
  test('is for 12 hours, and for the user himself', async () => {
    const { status, xml, credentials } = await callSts(aws, aws.credentialsOf(CALLER), {
      Action: 'GetSessionToken',
    });
    expect(status).toBe(200);
    expect(Date.parse(elementOf(xml, 'Expiration') ?? '')).toBeCloseTo(
      aws.clock.now() + 43_200_000,
      -4,
    );
    const who = await callSts(aws, credentials, { Action: 'GetCallerIdentity' });
    expect(elementOf(who.xml, 'Arn')).toBe(CALLER);
    expect(await assume('reader', {}, credentials)).toMatchObject({ status: 200 });
    expect(await callSts(aws, credentials, { Action: 'GetSessionToken' })).toMatchObject({
      status: 403,
      code: 'AccessDenied',
      message: 'Cannot call GetSessionToken with session credentials',
    });
  });

  test.each([
    ['899', /greater than or equal to 900/],
    ['129601', /less than or equal to 129600/],
  ])('not for %s s', async (DurationSeconds, message) => {
    expect(
      await callSts(aws, aws.credentialsOf(CALLER), { Action: 'GetSessionToken', DurationSeconds }),
    ).toMatchObject({ code: 'ValidationError', message: expect.stringMatching(message) });
  });
});

test('GetCallerIdentity answers whom a policy denies everything', async () => {
  const { credentials } = await assume('reader', {
    Policy: JSON.stringify(policy({ Effect: 'Deny', Action: '*', Resource: '*' })),
  });
  const { status, xml } = await callSts(aws, credentials, { Action: 'GetCallerIdentity' });
  expect(status).toBe(200);
  expect(elementOf(xml, 'Arn')).toBe(`arn:aws:sts::${OTHER}:assumed-role/reader/session-1`);
});

describe('who is not known', () => {
  test.each<[string, (key: TestCredentials) => TestCredentials | undefined, object]>([
    [
      'no signature',
      () => undefined,
      {
        status: 403,
        code: 'MissingAuthenticationToken',
        message: 'Request is missing Authentication Token',
      },
    ],
    [
      'an unknown key',
      (key) => ({ ...key, accessKeyId: 'AKIAUNKNOWN' }),
      {
        status: 403,
        code: 'InvalidClientTokenId',
        message: 'The security token included in the request is invalid.',
      },
    ],
    [
      'another secret',
      (key) => ({ ...key, secretAccessKey: 'x' }),
      { status: 403, code: 'SignatureDoesNotMatch' },
    ],
    [
      'a token that is not of the key',
      (key) => ({ ...key, sessionToken: 'x' }),
      { status: 403, code: 'InvalidClientTokenId' },
    ],
  ])('%s', async (_name, change, expected) => {
    const answer = await callSts(aws, change(aws.credentialsOf(CALLER)), {
      Action: 'GetCallerIdentity',
    });
    expect(answer).toMatchObject(expected);
    expect(aws.requests.at(-1)).toMatchObject({ status: 403, refusal: expect.any(String) });
    expect(aws.requests.at(-1)?.callerArn).toBeUndefined();
  });

  test('a session that has ended', async () => {
    const { credentials } = await assume('reader');
    aws.clock.advance('1h');
    expect(await callSts(aws, credentials, { Action: 'GetCallerIdentity' })).toMatchObject({
      status: 403,
      code: 'ExpiredToken',
      message: 'The security token included in the request is expired',
    });
  });
});

test('what came is kept: who called, what was refused, and because of what', async () => {
  await assume('reader');
  await assume('external', { ExternalId: 'x-2' });
  await assume('external');
  await assume('nobody');
  expect(aws.requests).toMatchObject([
    { service: 'sts', action: 'AssumeRole', status: 200, callerArn: CALLER },
    {
      status: 403,
      callerArn: CALLER,
      refusal: expect.stringContaining('is not authorized to perform: sts:AssumeRole'),
      because: `identity policies: allowed. trust policy: trust policy of ${role('external')}, statement 1: StringEquals sts:ExternalId does not hold: it wants x-1, and it is x-2`,
    },
    {
      because: expect.stringMatching(
        /StringEquals sts:ExternalId does not hold: it wants x-1, and it is absent$/,
      ),
    },
    { because: 'there is no such role' },
  ]);
  expect(aws.requests[0]).not.toHaveProperty('because');
});
