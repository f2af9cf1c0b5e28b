import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { getSessionToken } from '@sigv4/credentials';
import {
  createRunningClock,
  startLocalAws,
  type LocalAws,
  type PolicyDocument,
  type PolicyStatement,
  type RestApiDefinition,
} from '@sigv4/testing';

import { allow, OTHER, OWN, policy } from '../../world.ts';
import { WEB_IDENTITY } from './web-identity.ts';

export const DEVELOPER = `arn:aws:iam::${OWN}:user/developer`;
export const INTERN = `arn:aws:iam::${OWN}:user/intern`;
export const OPS = `arn:aws:iam::${OTHER}:role/ops`;
export const GUARDED = `arn:aws:iam::${OTHER}:role/guarded`;
export const MFA = { serialNumber: `arn:aws:iam::${OWN}:mfa/developer`, seed: 'JBSWY3DPEHPK3PXP' };

/** Policies that a test adds to the world. */
export interface Added {
  readonly ofIntern?: readonly PolicyDocument[];
  readonly ofOps?: readonly PolicyDocument[];
  readonly trustOfOps?: readonly PolicyStatement[];
  readonly ofOwnApi?: PolicyDocument;
  readonly ofOtherApi?: PolicyDocument;
  readonly ofFunction?: PolicyDocument;
}

const ECHO: RestApiDefinition['routes'] = [
  { method: 'GET', path: '/large', handler: () => ({ body: 'x'.repeat(3_000_000) }) },
  {
    method: 'GET',
    path: '/status/{code}',
    handler: ({ pathParameters: { code } }) => ({ status: Number(code), body: { said: code } }),
  },
  {
    method: 'GET',
    path: '/moved',
    handler: () => ({ status: 302, headers: { location: '/prod/a' } }),
  },
  {
    method: 'GET',
    path: '/bytes',
    handler: () => ({ headers: { 'content-type': 'image/png' }, body: new Uint8Array([0, 255]) }),
  },
  {
    method: 'ANY',
    path: '/{proxy+}',
    handler: ({ method, path, query, headers, body, bodyBytes, caller }) => ({
      body: {
        method,
        path,
        query: [...query].filter(([name]) => !name.startsWith('X-Amz-')),
        type: headers.get('content-type'),
        body: body.slice(0, 200),
        bytes: bodyBytes.byteLength,
        caller: caller?.arn,
      },
    }),
  },
];

/** Two accounts with an API of each kind. All clocks go on, since callers are other processes. */
export function startWorld(added: Added = {}): Promise<LocalAws> {
  const trust: PolicyStatement[] = [
    { Effect: 'Allow', Principal: { AWS: DEVELOPER }, Action: 'sts:AssumeRole' },
    ...(added.trustOfOps ?? []),
  ];
  return startLocalAws({
    clock: createRunningClock(),
    accounts: {
      [OWN]: {
        ...WEB_IDENTITY,
        users: {
          developer: { policies: [allow('*')], mfa: MFA },
          intern: { policies: added.ofIntern ?? [] },
        },
      },
      [OTHER]: {
        roles: {
          ops: {
            trust: policy(...trust),
            policies: added.ofOps ?? [allow('execute-api:Invoke'), allow('sts:AssumeRole')],
          },
          guarded: {
            trust: policy(
              {
                Effect: 'Allow',
                Principal: { AWS: DEVELOPER },
                Action: 'sts:AssumeRole',
                Condition: { StringEquals: { 'sts:ExternalId': 'orders-2f6c' } },
              },
              { Effect: 'Allow', Principal: { AWS: OPS }, Action: 'sts:AssumeRole' },
              {
                Effect: 'Allow',
                Principal: { AWS: DEVELOPER },
                Action: 'sts:AssumeRole',
                Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
              },
            ),
            policies: [allow('execute-api:Invoke')],
          },
        },
      },
    },
    apis: {
      own: {
        account: OWN,
        id: 'own123',
        routes: ECHO,
        ...(added.ofOwnApi && { resourcePolicy: added.ofOwnApi }),
      },
      other: {
        account: OTHER,
        id: 'other123',
        routes: ECHO,
        ...(added.ofOtherApi && { resourcePolicy: added.ofOtherApi }),
      },
      web: {
        kind: 'http',
        account: OWN,
        id: 'web123',
        routes: [{ routeKey: 'GET /orders', handler: () => ({ body: { sku: 'hat' } }) }],
      },
      fn: {
        kind: 'function-url',
        account: OWN,
        id: 'fn123',
        functionName: 'stock',
        ...(added.ofFunction && { resourcePolicy: added.ofFunction }),
        handler: () => ({ body: { sku: 'hat' } }),
      },
      chat: {
        kind: 'websocket',
        account: OWN,
        id: 'chat123',
        routes: [{ routeKey: '$connect' }, { routeKey: '$default', handler: ({ body }) => body }],
      },
    },
  });
}

export type Environment = Readonly<Record<string, string>>;

/** The environment of a caller: a session of a user, so that there is a token too. */
export async function environmentOf(aws: LocalAws, user: string): Promise<Environment> {
  const {
    accessKeyId,
    secretAccessKey,
    sessionToken = '',
  } = await getSessionToken({
    source: aws.credentialsOf(user),
    endpoint: aws.stsUrl,
    region: aws.region,
  })();
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
}

/** What all callers of a world have, and nothing of this machine's own settings. */
export async function commonEnvironment(aws: LocalAws, home: string): Promise<Environment> {
  await writeFile(join(home, 'ca.pem'), aws.ca);
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    AWS_REGION: aws.region,
    AWS_ENDPOINT_URL_STS: aws.stsUrl,
    AWS_EC2_METADATA_DISABLED: 'true',
    // Hundreds of processes compile the same files.
    NODE_COMPILE_CACHE: join(home, 'compiled'),
  };
}
