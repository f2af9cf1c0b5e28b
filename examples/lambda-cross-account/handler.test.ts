import { readFileSync } from 'node:fs';

import { afterEach, expect, test, vi } from 'vitest';

import { assumeRole } from '@sigv4/credentials';
import { startLocalAws, type LocalAws, type PolicyDocument } from '@sigv4/testing';

import type * as Handler from './src/handler.ts';

const OWN = '111111111111';
const PARTNER = '222222222222';
const FUNCTION_ROLE = `arn:aws:iam::${OWN}:role/order-function`;
const PARTNER_ROLE = `arn:aws:iam::${PARTNER}:role/stock-invoke`;

type Policies = Record<'function' | 'trust' | 'role' | 'api', PolicyDocument>;

/** The very files that a reader copies. */
const POLICIES: Policies = {
  function: read('1-function-role-policy'),
  trust: read('2-partner-role-trust-policy'),
  role: read('3-partner-role-policy'),
  api: read('4-partner-api-resource-policy'),
};

function read(name: string): PolicyDocument {
  return JSON.parse(
    readFileSync(`${import.meta.dirname}/policies/${name}.json`, 'utf8'),
  ) as PolicyDocument;
}

const allowAll = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
} as const;

/** Lambda itself, as far as IAM goes: it may assume the function's role. */
const LAMBDA = `arn:aws:iam::${OWN}:user/lambda`;

async function startAccounts(policies: Policies): Promise<LocalAws> {
  return startLocalAws({
    region: 'eu-west-1',
    accounts: {
      [OWN]: {
        users: { lambda: { policies: [allowAll] } },
        roles: {
          'order-function': {
            trust: {
              Version: '2012-10-17',
              Statement: { Effect: 'Allow', Principal: { AWS: LAMBDA }, Action: 'sts:AssumeRole' },
            },
            policies: [policies.function],
          },
        },
      },
      [PARTNER]: {
        roles: { 'stock-invoke': { trust: policies.trust, policies: [policies.role] } },
      },
    },
    apis: {
      stock: {
        id: 'abc123def4',
        account: PARTNER,
        resourcePolicy: policies.api,
        routes: [
          {
            method: 'GET',
            path: '/stock/{sku}',
            handler: ({ pathParameters }) => ({
              body: { sku: pathParameters['sku'], available: 3 },
            }),
          },
          { method: 'GET', path: '/admin', handler: () => ({ body: 'not for the role' }) },
        ],
      },
    },
  });
}

/** Sets up what Lambda sets up, and loads the function. */
async function coldStart(aws: LocalAws, externalId = 'orders-2f6c'): Promise<typeof Handler> {
  const session = await assumeRole({
    roleArn: FUNCTION_ROLE,
    roleSessionName: 'cold-start',
    source: aws.credentialsOf(LAMBDA),
    endpoint: aws.stsUrl,
    region: aws.region,
    now: aws.clock.now,
  })();
  const environment = {
    AWS_REGION: aws.region,
    AWS_LAMBDA_FUNCTION_NAME: 'order-function',
    AWS_ACCESS_KEY_ID: session.accessKeyId,
    AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
    AWS_SESSION_TOKEN: session.sessionToken,
    AWS_ENDPOINT_URL_STS: aws.stsUrl,
    PARTNER_ROLE_ARN: PARTNER_ROLE,
    PARTNER_API_URL: aws.apiUrl,
    PARTNER_EXTERNAL_ID: externalId,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.resetModules();
  return import('./src/handler.ts');
}

afterEach(() => vi.unstubAllEnvs());

test('calls the API of the other account, on one session for all calls', async () => {
  await using aws = await startAccounts(POLICIES);
  const { handler } = await coldStart(aws);
  expect(await handler({ sku: 'blue shoe/ü' })).toEqual({ sku: 'blue shoe/ü', available: 3 });
  await Promise.all(['a', 'b', 'c'].map((sku) => handler({ sku })));
  const ofFunction = aws.requests.filter(
    ({ callerArn }) => callerArn === `arn:aws:sts::${OWN}:assumed-role/order-function/cold-start`,
  );
  expect(ofFunction.map(({ action }) => action)).toEqual(['AssumeRole']);
  expect(aws.requests.at(-1)?.callerArn).toBe(
    `arn:aws:sts::${PARTNER}:assumed-role/stock-invoke/order-function`,
  );
});

const none: PolicyDocument = { Version: '2012-10-17', Statement: [] };
const denyAll: PolicyDocument = {
  Version: '2012-10-17',
  Statement: { Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' },
};

test.each<[string, Partial<Policies>, RegExp]>([
  [
    "the function's role",
    { function: none },
    /AccessDenied: User: .*order-function.* is not authorized to perform: sts:AssumeRole/,
  ],
  ["the partner's trust", { trust: none }, /AccessDenied: .*sts:AssumeRole/],
  [
    "the partner's role and API",
    { role: none, api: none },
    /answered 403: .*stock-invoke\/order-function is not authorized to perform: execute-api:Invoke/,
  ],
  ["the partner's API", { api: denyAll }, /with an explicit deny/],
])(
  'with nothing, or a Deny, in the policies of %s the call fails and says so',
  async (_name, change, message) => {
    await using aws = await startAccounts({ ...POLICIES, ...change });
    const { handler } = await coldStart(aws);
    await expect(handler({ sku: 'hat' })).rejects.toThrow(message);
  },
);

test('with another external id the role cannot be assumed', async () => {
  await using aws = await startAccounts(POLICIES);
  const { handler } = await coldStart(aws, 'guessed');
  await expect(handler({ sku: 'hat' })).rejects.toThrow(/AccessDenied/);
});
