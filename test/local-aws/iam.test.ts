import { describe, expect, test } from 'vitest';

import { createSignedFetch } from '@sigv4/fetch';
import {
  startLocalAws,
  type LocalAws,
  type LocalAwsOptions,
  type PolicyDocument,
  type TestCredentials,
  type UserDefinition,
} from '@sigv4/testing';

import { allow, CALLER, OWN, policy } from '../world.ts';
import { callSts, tagParameters } from './sts-client.ts';

const ROLE = `arn:aws:iam::${OWN}:role/r`;

/** One user, one role that he may assume, one API; the resource policy of the API is all there is. */
function start(
  options: {
    user?: UserDefinition;
    resourcePolicy?: PolicyDocument;
    context?: LocalAwsOptions['context'];
  } = {},
): Promise<LocalAws> {
  const { user = {}, resourcePolicy, context } = options;
  return startLocalAws({
    accounts: {
      [OWN]: {
        organization: 'o-a1b2c3d4e5',
        users: { 'order-service': user },
        roles: {
          r: {
            trust: policy({
              Effect: 'Allow',
              Principal: { AWS: CALLER },
              Action: ['sts:AssumeRole', 'sts:TagSession'],
            }),
            policies: [allow('execute-api:Invoke')],
            tags: { team: 'blue', stage: 'prod' },
          },
        },
      },
    },
    apis: {
      api: {
        account: OWN,
        routes: [{ method: 'ANY', path: '/{proxy+}', handler: () => ({}) }],
        ...(resourcePolicy && { resourcePolicy }),
      },
    },
    ...(context && { context }),
  });
}

async function get(
  aws: LocalAws,
  credentials: TestCredentials,
  init: RequestInit = {},
): Promise<{ status: number; type: string | null; message: unknown }> {
  const call = createSignedFetch({
    credentials,
    region: aws.region,
    now: aws.clock.now,
    retryRejected: false,
  });
  const response = await call(`${aws.apiUrl}/x`, init);
  const text = await response.text();
  const message = text === '' ? undefined : Object.values(JSON.parse(text) as object)[0];
  return { status: response.status, type: response.headers.get('x-amzn-errortype'), message };
}

async function session(aws: LocalAws, tags: Record<string, string> = {}): Promise<TestCredentials> {
  const { status, credentials } = await callSts(aws, aws.credentialsOf(CALLER), {
    Action: 'AssumeRole',
    RoleArn: ROLE,
    RoleSessionName: 'se',
    ...tagParameters(tags),
  });
  expect(status).toBe(200);
  return credentials;
}

describe('access keys', () => {
  const ALLOWED = { policies: [allow('*')] };
  const UNKNOWN = {
    status: 403,
    type: 'UnrecognizedClientException',
    message: 'The security token included in the request is invalid.',
  };

  test('are rotated: a second one, the first deactivated, activated again, deleted', async () => {
    await using aws = await start({ user: ALLOWED });
    const first = aws.credentialsOf(CALLER);
    const second = aws.createAccessKey(CALLER);
    expect(second.accessKeyId).not.toBe(first.accessKeyId);
    expect(second.secretAccessKey).not.toBe(first.secretAccessKey);
    expect(aws.credentialsOf(CALLER)).toEqual(second);
    expect(await get(aws, first)).toMatchObject({ status: 200 });
    expect(await get(aws, second)).toMatchObject({ status: 200 });
    expect(() => aws.createAccessKey(CALLER)).toThrow(/AccessKeysPerUser: 2/);

    aws.updateAccessKey(first.accessKeyId, 'Inactive');
    expect(await get(aws, first)).toEqual(UNKNOWN);
    expect(await get(aws, second)).toMatchObject({ status: 200 });
    aws.updateAccessKey(first.accessKeyId, 'Active');
    expect(await get(aws, first)).toMatchObject({ status: 200 });
    aws.updateAccessKey(second.accessKeyId, 'Inactive');
    expect(aws.credentialsOf(CALLER)).toEqual(first);

    aws.deleteAccessKey(first.accessKeyId);
    expect(await get(aws, first)).toEqual(UNKNOWN);
    expect(() => aws.credentialsOf(CALLER)).toThrow(/has no active access key/);
    expect(() => aws.deleteAccessKey(first.accessKeyId)).toThrow(/there is no access key/);
    expect(() => aws.updateAccessKey(first.accessKeyId, 'Active')).toThrow(
      /there is no access key/,
    );
    expect(aws.createAccessKey(CALLER).accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(() => aws.createAccessKey(`${CALLER}2`)).toThrow(
      /there is no .*order-service2; there are/,
    );
  });

  test('a session outlives the key that it came from', async () => {
    await using aws = await start({ user: ALLOWED });
    const of = await session(aws);
    aws.deleteAccessKey(aws.credentialsOf(CALLER).accessKeyId);
    expect(await get(aws, of)).toMatchObject({ status: 200 });
  });

  test('can be those of the test', async () => {
    const key = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG' };
    await using aws = await start({ user: { ...ALLOWED, accessKeys: [key] } });
    expect(aws.credentialsOf(CALLER)).toEqual(key);
    expect(await get(aws, key)).toMatchObject({ status: 200 });
    await using none = await start({ user: { ...ALLOWED, accessKeys: [] } });
    expect(() => none.credentialsOf(CALLER)).toThrow(/has no active access key/);
  });
});

describe('sessions', () => {
  test('revoked are denied explicitly, new ones are not', async () => {
    await using aws = await start();
    const old = await session(aws);
    aws.revokeSessions(ROLE);
    const { status, type, message } = await get(aws, old);
    expect([status, type]).toEqual([403, 'AccessDeniedException']);
    expect(message).toMatch(/assumed-role\/r\/se is not authorized .* with an explicit deny$/);
    expect(aws.requests.at(-1)?.because).toBe(
      'explicit deny in the revocation of its older sessions',
    );
    // The token itself is good: who it is can be asked.
    expect(await callSts(aws, old, { Action: 'GetCallerIdentity' })).toMatchObject({ status: 200 });
    expect(await get(aws, await session(aws))).toMatchObject({ status: 200 });
  });

  test('forgotten are not known', async () => {
    await using aws = await start();
    const old = await session(aws);
    aws.forgetSessions(`${ROLE}2`);
    expect(await get(aws, old)).toMatchObject({ status: 200 });
    aws.forgetSessions(ROLE);
    expect(await get(aws, old)).toMatchObject({ type: 'UnrecognizedClientException' });
    expect(await get(aws, await session(aws))).toMatchObject({ status: 200 });
  });
});

describe('what a policy sees of a request', () => {
  const when = (Condition: object): PolicyDocument =>
    policy({
      Effect: 'Allow',
      Principal: '*',
      Action: 'execute-api:Invoke',
      Resource: 'execute-api:/*',
      Condition: Condition as never,
    });
  const equals = (keys: object): PolicyDocument => when({ StringEquals: keys });

  test.each<[string, PolicyDocument, number]>([
    ['its address', when({ IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }), 200],
    ['not another', when({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }), 403],
    ['TLS', when({ Bool: { 'aws:SecureTransport': 'true' } }), 200],
    ['its organization', equals({ 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' }), 200],
    ['that of the API', equals({ 'aws:ResourceOrgID': '${aws:PrincipalOrgID}' }), 200],
    ['another organization', equals({ 'aws:PrincipalOrgID': 'o-zzzzzzzzzz' }), 403],
    ['the user', equals({ 'aws:username': 'order-service', 'aws:PrincipalType': 'User' }), 200],
    ['his ARN', when({ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::*:user/order-*` } }), 200],
    ['the accounts', equals({ 'aws:PrincipalAccount': OWN, 'aws:ResourceAccount': OWN }), 200],
    ['the region', equals({ 'aws:RequestedRegion': 'eu-west-1' }), 200],
    ['his tags', equals({ 'aws:PrincipalTag/Cost': '7' }), 200],
    [
      'no session',
      when({ Null: { 'aws:TokenIssueTime': 'true', 'aws:MultiFactorAuthPresent': 'true' } }),
      200,
    ],
    ['no endpoint', when({ Null: { 'aws:SourceVpce': 'true' } }), 200],
    ['the client', when({ StringLike: { 'aws:UserAgent': 'my-client/*' } }), 200],
    ['the referer', equals({ 'aws:Referer': 'https://shop.example/' }), 200],
    ['no service', when({ Bool: { 'aws:ViaAWSService': 'false' } }), 200],
  ])('%s', async (_name, resourcePolicy, status) => {
    await using aws = await start({ resourcePolicy, user: { tags: { cost: '7' } } });
    const headers = { 'user-agent': 'my-client/1', referer: 'https://shop.example/' };
    expect(await get(aws, aws.credentialsOf(CALLER), { headers })).toMatchObject({ status });
  });

  test('the time, as the clock of the test goes', async () => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    await using aws = await start({
      resourcePolicy: when({ DateLessThan: { 'aws:CurrentTime': until } }),
    });
    const key = aws.credentialsOf(CALLER);
    expect(await get(aws, key)).toMatchObject({ status: 200 });
    aws.clock.advance('61m');
    expect(await get(aws, key)).toMatchObject({ status: 403 });
  });

  const SESSION_ONLY = `arn:aws:sts::${OWN}:assumed-role/r/se`;
  test.each<[string, object, Record<string, string>, number]>([
    ['the role', { ArnEquals: { 'aws:PrincipalArn': ROLE } }, {}, 403],
    ['not the session', { ArnNotEquals: { 'aws:PrincipalArn': SESSION_ONLY } }, {}, 403],
    ['the tags of the role', { StringEquals: { 'aws:PrincipalTag/Team': 'blue' } }, {}, 403],
    [
      'tags of the session before them',
      { StringEquals: { 'aws:PrincipalTag/team': 'blue' } },
      { TEAM: 'red' },
      200,
    ],
    ['all the same', { StringEquals: { 'aws:PrincipalTag/stage': 'prod' } }, { TEAM: 'red' }, 403],
    ['who it is', { StringLike: { 'aws:userid': 'AROA????????????????:se' } }, {}, 403],
    ['no user', { Null: { 'aws:username': 'true' } }, {}, 403],
    ['no MFA', { Bool: { 'aws:MultiFactorAuthPresent': 'false' } }, {}, 403],
    ['when it began', { DateLessThan: { 'aws:TokenIssueTime': '2999-01-01' } }, {}, 403],
  ])('of a session: %s', async (_name, Condition, tags, status) => {
    await using aws = await start({
      resourcePolicy: policy({
        Effect: 'Deny',
        Principal: '*',
        Action: '*',
        Resource: '*',
        Condition: Condition as never,
      }),
    });
    expect(await get(aws, await session(aws, tags))).toMatchObject({ status });
  });

  test('what the test says instead: an endpoint, and then no public address', async () => {
    const resourcePolicy = policy(
      { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' },
      {
        Effect: 'Deny',
        Principal: '*',
        Action: '*',
        Resource: '*',
        Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } },
      },
      {
        Effect: 'Deny',
        Principal: '*',
        Action: '*',
        Resource: '*',
        Condition: { Null: { 'aws:SourceIp': 'false' } },
      },
    );
    for (const [context, status] of [
      [undefined, 403],
      [{ 'aws:SourceVpce': 'vpce-1' }, 200],
      [{ 'AWS:sourcevpce': 'vpce-1', 'aws:VpcSourceIp': '10.0.0.7' }, 200],
      [{ 'aws:SourceVpce': 'vpce-1', 'aws:SourceIp': '10.0.0.7' }, 403],
      [{ 'aws:SourceVpce': 'vpce-2' }, 403],
    ] as const) {
      await using aws = await start({ resourcePolicy, ...(context && { context }) });
      expect(await get(aws, aws.credentialsOf(CALLER))).toMatchObject({ status });
    }
  });

  test('what the test makes of each request', async () => {
    await using aws = await start({
      resourcePolicy: when({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }),
      context: ({ rawHeaders }) => ({
        'aws:SourceIp': rawHeaders.find(([name]) => name === 'x-from')?.[1] ?? '10.0.0.1',
      }),
    });
    const key = aws.credentialsOf(CALLER);
    expect(await get(aws, key)).toMatchObject({ status: 403 });
    expect(await get(aws, key, { headers: { 'x-from': '203.0.113.7' } })).toMatchObject({
      status: 200,
    });
  });
});
