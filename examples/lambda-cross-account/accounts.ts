import { readFileSync } from 'node:fs';

import { assumeRole } from '@sigv4/credentials';
import { startLocalAws, type LocalAws, type PolicyDocument } from '@sigv4/testing';

export const OWN = '111111111111';
export const PARTNER = '222222222222';
const FUNCTION_ROLE = `arn:aws:iam::${OWN}:role/order-function`;
const PARTNER_ROLE = `arn:aws:iam::${PARTNER}:role/stock-invoke`;

export type Policies = Record<'function' | 'trust' | 'role' | 'api', PolicyDocument>;

/** The very files that a reader copies. */
export const POLICIES: Policies = {
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

export async function startAccounts(policies: Policies = POLICIES): Promise<LocalAws> {
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

/** What Lambda puts into the environment of the function, and what its template does. */
export async function environmentOf(
  aws: LocalAws,
  externalId = 'orders-2f6c',
): Promise<Record<string, string>> {
  const session = await assumeRole({
    roleArn: FUNCTION_ROLE,
    roleSessionName: 'cold-start',
    source: aws.credentialsOf(LAMBDA),
    endpoint: aws.stsUrl,
    region: aws.region,
    now: aws.clock.now,
  })();
  return {
    AWS_REGION: aws.region,
    AWS_LAMBDA_FUNCTION_NAME: 'order-function',
    AWS_ACCESS_KEY_ID: session.accessKeyId,
    AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
    AWS_SESSION_TOKEN: session.sessionToken ?? '',
    AWS_ENDPOINT_URL_STS: aws.stsUrl,
    PARTNER_ROLE_ARN: PARTNER_ROLE,
    PARTNER_API_URL: aws.apiUrl,
    PARTNER_EXTERNAL_ID: externalId,
  };
}
