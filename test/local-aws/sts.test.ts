import { afterAll, beforeAll, expect, test } from 'vitest';

import { createSigner } from '@sigv4/signer';
import { startLocalAws, type LocalAws, type PolicyDocument } from '@sigv4/testing';

import { allow, CALLER, INTERN, OTHER, OWN, policy, ROLE, startWorld } from '../world.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startWorld();
});
afterAll(() => aws.close());

async function call(
  user: string,
  parameters: Record<string, string>,
  local = aws,
): Promise<{ status: number; xml: string }> {
  const signer = createSigner({
    credentials: local.credentialsOf(user),
    service: 'sts',
    region: local.region,
    now: local.clock.now,
  });
  const response = await signer.send(
    {
      method: 'POST',
      url: local.stsUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ Version: '2011-06-15', ...parameters }).toString(),
    },
    ({ url, method, headers, body }) => fetch(url, { method, headers, body: body as string }),
  );
  return { status: response.status, xml: await response.text() };
}

function assume(
  user: string,
  more: Record<string, string> = {},
  local = aws,
): ReturnType<typeof call> {
  return call(
    user,
    { Action: 'AssumeRole', RoleArn: ROLE, RoleSessionName: 'session-1', ...more },
    local,
  );
}

test('GetCallerIdentity tells who calls', async () => {
  const { status, xml } = await call(CALLER, { Action: 'GetCallerIdentity' });
  expect(status).toBe(200);
  expect(xml).toMatch(
    new RegExp(
      `<GetCallerIdentityResult><Arn>${CALLER}</Arn><UserId>AIDA\\w{16}</UserId><Account>${OWN}</Account>`,
    ),
  );
});

test('AssumeRole gives a session of an hour', async () => {
  const { status, xml } = await assume(CALLER);
  expect(status).toBe(200);
  expect(xml).toContain(`<Arn>arn:aws:sts::${OTHER}:assumed-role/orders-invoke/session-1</Arn>`);
  expect(xml).toMatch(/<AccessKeyId>ASIA\w{16}<\/AccessKeyId>/);
  const expiration = /<Expiration>(.*)<\/Expiration>/.exec(xml)?.[1];
  expect(Date.parse(expiration ?? '')).toBeCloseTo(aws.clock.now() + 3_600_000, -4);
});

test.each<[string, Record<string, string>, number, RegExp]>([
  [
    'another role',
    { RoleArn: ROLE.replace('invoke', 'admin') },
    403,
    /<Code>AccessDenied<.*is not authorized to perform: sts:AssumeRole on resource: .*orders-admin/,
  ],
  ['no role', { RoleArn: '' }, 400, /<Code>ValidationError<.*'roleArn'/],
  [
    'a session name that is none',
    { RoleSessionName: 'a b' },
    400,
    /<Code>ValidationError<.*'roleSessionName'/,
  ],
  [
    'less than 15 minutes',
    { DurationSeconds: '899' },
    400,
    /<Code>ValidationError<.*greater than or equal to 900/,
  ],
  ['more than the role allows', { DurationSeconds: '3601' }, 400, /exceeds the MaxSessionDuration/],
  ['another action', { Action: 'constructor' }, 400, /<Code>InvalidAction</],
  ['another version', { Version: '2012-01-01' }, 400, /<Code>InvalidAction</],
])('%s is refused', async (_name, parameters, status, xml) => {
  expect(await assume(CALLER, parameters)).toEqual({ status, xml: expect.stringMatching(xml) });
});

test('who has no policy for it may not assume a role of another account', async () => {
  expect(await assume(INTERN)).toMatchObject({ status: 403 });
});

test.each<[string, PolicyDocument, PolicyDocument[], Record<string, string>, number]>([
  [
    'the trust policy names the caller, in one account',
    policy({ Effect: 'Allow', Principal: { AWS: CALLER }, Action: 'sts:AssumeRole' }),
    [],
    {},
    200,
  ],
  [
    "the account, so it is up to the caller's policy",
    policy({ Effect: 'Allow', Principal: { AWS: OWN }, Action: 'sts:AssumeRole' }),
    [],
    {},
    403,
  ],
  [
    'the account, and the caller is allowed',
    policy({ Effect: 'Allow', Principal: { AWS: OWN }, Action: 'sts:AssumeRole' }),
    [allow('sts:AssumeRole')],
    {},
    200,
  ],
  [
    'another account',
    policy({ Effect: 'Allow', Principal: { AWS: OTHER }, Action: 'sts:AssumeRole' }),
    [allow('*')],
    {},
    403,
  ],
  [
    'with the external id',
    policy({
      Effect: 'Allow',
      Principal: { AWS: CALLER },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'x-1' } },
    }),
    [],
    { ExternalId: 'x-1' },
    200,
  ],
  [
    'with another external id',
    policy({
      Effect: 'Allow',
      Principal: { AWS: CALLER },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'x-1' } },
    }),
    [],
    { ExternalId: 'x-2' },
    403,
  ],
  [
    'without the external id',
    policy({
      Effect: 'Allow',
      Principal: { AWS: CALLER },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'x-1' } },
    }),
    [],
    {},
    403,
  ],
])('trust: %s', async (_name, trust, policies, parameters, status) => {
  await using local = await startLocalAws({
    accounts: { [OWN]: { users: { 'order-service': { policies } }, roles: { r: { trust } } } },
  });
  const RoleArn = `arn:aws:iam::${OWN}:role/r`;
  expect(await assume(CALLER, { RoleArn, ...parameters }, local)).toMatchObject({ status });
});

test('a signature that is wrong is refused in the words of STS', async () => {
  const response = await fetch(aws.stsUrl, { method: 'POST', body: 'Action=GetCallerIdentity' });
  expect(response.status).toBe(403);
  expect(await response.text()).toMatch(
    /<Error><Type>Sender<\/Type><Code>MissingAuthenticationToken<\/Code>/,
  );
});
