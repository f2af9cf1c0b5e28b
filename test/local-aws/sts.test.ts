import { afterAll, beforeAll, expect, test } from 'vitest';

import { startLocalAws, type LocalAws, type PolicyDocument } from '@sigv4/testing';

import { allow, CALLER, INTERN, OTHER, OWN, policy, ROLE, startWorld } from '../world.ts';
import { callSts, elementOf, type StsAnswer } from './sts-client.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startWorld();
});
afterAll(() => aws.close());

function assume(user: string, more: Record<string, string> = {}, local = aws): Promise<StsAnswer> {
  return callSts(local, local.credentialsOf(user), {
    Action: 'AssumeRole',
    RoleArn: ROLE,
    RoleSessionName: 'session-1',
    ...more,
  });
}

test('GetCallerIdentity tells who calls', async () => {
  const { status, xml } = await callSts(aws, aws.credentialsOf(CALLER), {
    Action: 'GetCallerIdentity',
  });
  expect(status).toBe(200);
  expect(elementOf(xml, 'Arn')).toBe(CALLER);
  expect(elementOf(xml, 'UserId')).toMatch(/^AIDA[A-Z2-7]{16}$/);
  expect(elementOf(xml, 'Account')).toBe(OWN);
});

test.each<[Record<string, string>, string]>([
  [{ Action: 'constructor' }, 'Could not find operation constructor for version 2011-06-15'],
  [{ Version: '2012-01-01' }, 'Could not find operation AssumeRole for version 2012-01-01'],
])('%j is no action', async (parameters, message) => {
  expect(await assume(CALLER, parameters)).toMatchObject({
    status: 400,
    code: 'InvalidAction',
    message,
  });
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
