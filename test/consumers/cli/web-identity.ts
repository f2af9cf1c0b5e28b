import { generateKeyPairSync, sign } from 'node:crypto';

import type { AccountDefinition } from '@sigv4/testing';

import { OWN } from '../../world.ts';

export const DEPLOY = `arn:aws:iam::${OWN}:role/deploy`;

const PROVIDER = 'idp.example.com';
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** An account's part in web identities: a provider, and a role that trusts it. */
export const WEB_IDENTITY: Pick<AccountDefinition, 'oidcProviders' | 'roles'> = {
  oidcProviders: {
    [PROVIDER]: {
      audiences: ['sts.amazonaws.com'],
      jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'key-1' }] },
    },
  },
  roles: {
    deploy: {
      trust: {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::${OWN}:oidc-provider/${PROVIDER}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
        },
      },
    },
  },
};

/** @param now ms since the epoch */
export function identityToken(now: number): string {
  const seconds = Math.floor(now / 1000);
  const claims = {
    iss: `https://${PROVIDER}`,
    sub: 'pipeline',
    aud: 'sts.amazonaws.com',
    iat: seconds,
    exp: seconds + 600,
  };
  const text = [{ alg: 'RS256', typ: 'JWT', kid: 'key-1' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
}
