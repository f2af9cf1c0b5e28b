import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

import { beforeAll, describe, expect, test } from 'vitest';

import { startLocalAws, type LocalAws, type PolicyStatement } from '@sigv4/testing';

import { allow, OTHER, OWN, policy } from '../world.ts';
import { callSts, elementOf, type StsAnswer } from './sts-client.ts';

const HOST = 'token.actions.githubusercontent.com';
const PROVIDER = `arn:aws:iam::${OWN}:oidc-provider/${HOST}`;
const role = (name: string): string => `arn:aws:iam::${OWN}:role/${name}`;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ec384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });

function jwk(key: KeyObject, kid: string, more: object = {}): object {
  return { ...key.export({ format: 'jwk' }), kid, ...more };
}

function trusting(Federated: string, Condition: PolicyStatement['Condition'] = {}): object {
  return {
    trust: policy({
      Effect: 'Allow',
      Principal: { Federated },
      Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity'],
      Condition,
    }),
  };
}

let aws: LocalAws;
let now = 0;
beforeAll(async () => {
  const jwks = {
    keys: [
      jwk(rsa.publicKey, 'r1', { alg: 'RS256', use: 'sig' }),
      jwk(ec.publicKey, 'e1'),
      jwk(ec384.publicKey, 'e2'),
      jwk(ec384.publicKey, 'e3'),
      jwk(rsa.publicKey, 'enc', { use: 'enc' }),
      { kty: 'oct', k: 'AAAA', kid: 'mac' },
    ],
  };
  aws = await startLocalAws({
    accounts: {
      [OWN]: {
        oidcProviders: {
          [HOST]: {
            audiences: ['sts.amazonaws.com', 'client-1'],
            jwks,
            rejects: ({ jti }) => jti === 'revoked',
          },
          'cognito-identity.amazonaws.com': { audiences: ['pool-1'], jwks },
        },
        roles: {
          deploy: {
            ...trusting(PROVIDER, {
              StringEquals: { [`${HOST}:aud`]: ['sts.amazonaws.com', 'client-1'] },
              StringLike: { [`${HOST}:sub`]: 'repo:acme/*:ref:refs/heads/main' },
            }),
            policies: [
              allow('execute-api:Invoke', 'arn:aws:execute-api:*:*:*/GET/${aws:PrincipalTag/repo}'),
            ],
            maxSessionDuration: 7200,
          } as never,
          environment: trusting(PROVIDER, {
            StringEquals: {
              [`${HOST}:environment`]: 'prod',
              [`${HOST}:oaud`]: 'sts.amazonaws.com',
            },
          }) as never,
          methods: trusting(PROVIDER, {
            'ForAnyValue:StringEquals': { [`${HOST}:amr`]: 'authenticated' },
          }) as never,
          pool: trusting('cognito-identity.amazonaws.com', {
            StringEquals: { 'cognito-identity.amazonaws.com:aud': 'pool-1' },
          }) as never,
          users: {
            trust: policy({ Effect: 'Allow', Principal: { AWS: OWN }, Action: 'sts:*' }),
          },
        },
      },
      [OTHER]: { roles: { deploy: trusting(PROVIDER) as never } },
    },
  });
  now = Math.floor(aws.clock.now() / 1000);
  return () => aws.close();
});

interface Made {
  readonly header?: object;
  readonly claims?: object;
  readonly key?: KeyObject;
  readonly hash?: string;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function token({ header, claims, key = ec.privateKey, hash = 'sha256' }: Made = {}): string {
  const all = {
    iss: `https://${HOST}`,
    aud: 'sts.amazonaws.com',
    sub: 'repo:acme/shop:ref:refs/heads/main',
    iat: now,
    exp: now + 300,
    ...claims,
  };
  const signed = `${encode({ typ: 'JWT', alg: 'ES256', kid: 'e1', ...header })}.${encode(all)}`;
  const signature = sign(hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

function assume(
  WebIdentityToken: string,
  name = 'deploy',
  more: Record<string, string> = {},
): Promise<StsAnswer> {
  return callSts(aws, undefined, {
    Action: 'AssumeRoleWithWebIdentity',
    RoleArn: role(name),
    RoleSessionName: 'job-7',
    WebIdentityToken,
    ...more,
  });
}

test('a good token gives a session, without a signature', async () => {
  const { status, xml, credentials } = await assume(token(), 'deploy', { DurationSeconds: '7200' });
  expect(status).toBe(200);
  expect(xml.replaceAll(/<(\w+)>[^<>]*<\/\1>/g, '<$1/>').replaceAll(/\s+/g, '')).toBe(
    '<AssumeRoleWithWebIdentityResponsexmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><SubjectFromWebIdentityToken/><Audience/><Provider/><AssumedRoleUser><AssumedRoleId/><Arn/></AssumedRoleUser><Credentials><AccessKeyId/><SecretAccessKey/><SessionToken/><Expiration/></Credentials></AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId/></ResponseMetadata></AssumeRoleWithWebIdentityResponse>',
  );
  expect(elementOf(xml, 'SubjectFromWebIdentityToken')).toBe('repo:acme/shop:ref:refs/heads/main');
  expect(elementOf(xml, 'Audience')).toBe('sts.amazonaws.com');
  expect(elementOf(xml, 'Provider')).toBe(PROVIDER);
  expect(Date.parse(elementOf(xml, 'Expiration') ?? '')).toBe((now + 7200) * 1000);
  const who = await callSts(aws, credentials, { Action: 'GetCallerIdentity' });
  expect(elementOf(who.xml, 'Arn')).toBe(`arn:aws:sts::${OWN}:assumed-role/deploy/job-7`);
  expect(aws.requests.at(-2)).toMatchObject({
    action: 'AssumeRoleWithWebIdentity',
    status: 200,
    callerArn: PROVIDER,
  });
});

test.each<[string, Made]>([
  ['RS256', { header: { alg: 'RS256', kid: 'r1' }, key: rsa.privateKey }],
  ['ES256', {}],
  ['ES384', { header: { alg: 'ES384', kid: 'e2' }, key: ec384.privateKey, hash: 'sha384' }],
  ['ES256 without a key id, there being one key for it', { header: { kid: undefined } }],
  ['RS256 without a key id', { header: { alg: 'RS256', kid: undefined }, key: rsa.privateKey }],
  ['one of several audiences', { claims: { aud: ['x', 'sts.amazonaws.com'] } }],
  ['an authorized party that is registered', { claims: { aud: 'x', azp: 'client-1' } }],
  ['a slash after the issuer', { claims: { iss: `https://${HOST}/` } }],
])('%s', async (_name, made) => {
  expect(await assume(token(made))).toMatchObject({ status: 200 });
});

const [head = '', body = '', signature = ''] = ((): string[] => {
  const key = ec.privateKey;
  const signed = `${encode({ alg: 'ES256', kid: 'e1' })}.${encode({ iss: `https://${HOST}` })}`;
  return [
    ...signed.split('.'),
    sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url'),
  ];
})();

describe('a token is refused', () => {
  const KEY = /^Couldn't retrieve verification key from your identity provider/;
  const SIGNATURE = /^Token signature verification failed$/;
  const JWT = /^The ID Token provided is not a valid JWT\./;
  test.each<[string, () => string, RegExp]>([
    ['of another key', () => token({ key: other.privateKey }), SIGNATURE],
    [
      'whose claims were changed',
      () => {
        const [h, , s] = token().split('.');
        return [
          h,
          token({ claims: { sub: 'repo:acme/evil:ref:refs/heads/main' } }).split('.')[1],
          s,
        ].join('.');
      },
      SIGNATURE,
    ],
    [
      'whose signature was changed',
      () => token().replace(/.{4}$/, (end) => (end === 'AAAA' ? 'BBBA' : 'AAAA')),
      SIGNATURE,
    ],
    [
      'whose signature is in DER',
      () => {
        const [h, c] = token().split('.');
        return `${h}.${c}.${sign('sha256', Buffer.from(`${h}.${c}`), ec.privateKey).toString('base64url')}`;
      },
      SIGNATURE,
    ],
    ['of an unknown key id', () => token({ header: { kid: 'e9' } }), KEY],
    [
      'without a key id, where two keys would do',
      () =>
        token({
          header: { alg: 'ES384', kid: undefined },
          key: ec384.privateKey,
          hash: 'sha384',
        }),
      KEY,
    ],
    ['without an algorithm', () => token({ header: { alg: 'none' } }), KEY],
    [
      'signed with a public key as a secret',
      () => token({ header: { alg: 'HS256', kid: 'mac' } }),
      KEY,
    ],
    ["whose algorithm is not its key's", () => token({ header: { alg: 'RS256', kid: 'e1' } }), KEY],
    [
      'whose key is on another curve',
      () => token({ header: { alg: 'ES256', kid: 'e2' }, key: ec384.privateKey }),
      KEY,
    ],
    [
      'whose key is for encryption',
      () => token({ header: { alg: 'RS256', kid: 'enc' }, key: rsa.privateKey }),
      KEY,
    ],
    [
      'with the algorithm that its key is not for',
      () => token({ header: { alg: 'RS512', kid: 'r1' }, key: rsa.privateKey, hash: 'sha512' }),
      KEY,
    ],
    ['that asks for more than is understood', () => token({ header: { crit: ['exp'] } }), KEY],
    ['of two parts', () => token().split('.').slice(0, 2).join('.'), JWT],
    ['that is none', () => 'an-access-token', JWT],
    ['that is JSON, but no object', () => `${encode([])}.${encode('x')}.AAAA`, JWT],
    [
      'whose signature has bits to spare',
      () => token().replace(/.$/, (end) => String.fromCodePoint((end.codePointAt(0) ?? 0) + 1)),
      JWT,
    ],
    ['without claims', () => `${head}.${body}.${signature}`, /^Missing a required claim: sub$/],
    ...(['iss', 'sub', 'aud', 'exp', 'iat'] as const).map(
      (name): [string, () => string, RegExp] => [
        `without ${name}`,
        () => token({ claims: { [name]: undefined } }),
        new RegExp(`^Missing a required claim: ${name}$`),
      ],
    ),
    ['whose exp is text', () => token({ claims: { exp: String(now + 300) } }), /claim: exp$/],
    [
      'of another issuer',
      () => token({ claims: { iss: 'https://evil.example' } }),
      /^No OpenIDConnect provider found in your account for https:\/\/evil\.example$/,
    ],
    [
      'of an issuer without TLS',
      () => token({ claims: { iss: `http://${HOST}` } }),
      /^No OpenIDConnect provider/,
    ],
    [
      'of an issuer that only starts so',
      () => token({ claims: { iss: `https://${HOST}.evil.example` } }),
      /^No OpenIDConnect provider/,
    ],
    ['for another audience', () => token({ claims: { aud: 'x' } }), /^Incorrect token audience$/],
    ['for another party', () => token({ claims: { azp: 'x' } }), /^Incorrect token audience$/],
    ['not yet valid', () => token({ claims: { nbf: now + 600 } }), /^Token is not yet valid$/],
    [
      'issued in the future',
      () => token({ claims: { iat: now + 600 } }),
      /^Token is not yet valid$/,
    ],
    ['whose nbf is none', () => token({ claims: { nbf: {} } }), /^Token is not yet valid$/],
  ])('%s', async (_name, make, message) => {
    expect(await assume(make())).toMatchObject({
      status: 400,
      code: 'InvalidIdentityToken',
      message: expect.stringMatching(message),
    });
  });

  test('when it has expired', async () => {
    for (const [exp, status] of [
      [now + 1, 200],
      [now, 400],
    ] as const) {
      expect(await assume(token({ claims: { exp } }))).toMatchObject({ status });
    }
    expect(await assume(token({ claims: { exp: now - 10 } }))).toMatchObject({
      status: 400,
      code: 'ExpiredTokenException',
      message: `Token expired: current date/time ${now} must be before the expiration date/time ${now - 10}`,
    });
  });

  test('when its provider says no', async () => {
    expect(await assume(token({ claims: { jti: 'revoked' } }))).toMatchObject({
      status: 403,
      code: 'IDPRejectedClaim',
    });
  });

  test('in an account that has no such provider', async () => {
    expect(
      await assume(token(), 'deploy', { RoleArn: `arn:aws:iam::${OTHER}:role/deploy` }),
    ).toMatchObject({ code: 'InvalidIdentityToken' });
  });
});

describe('the trust policy', () => {
  test.each<[string, string, object, number]>([
    ['another subject', 'deploy', { sub: 'repo:evil/shop:ref:refs/heads/main' }, 403],
    ['another branch', 'deploy', { sub: 'repo:acme/shop:ref:refs/heads/dev' }, 403],
    [
      'a claim of GitHub, and aud beside azp',
      'environment',
      { environment: 'prod', azp: 'client-1' },
      200,
    ],
    ['another value of it', 'environment', { environment: 'dev', azp: 'client-1' }, 403],
    ['methods', 'methods', { amr: ['authenticated', 'x'] }, 200],
    ['one method', 'methods', { amr: 'authenticated' }, 200],
    ['no methods', 'methods', {}, 403],
    [
      'a provider that AWS knows',
      'pool',
      { iss: 'https://cognito-identity.amazonaws.com', aud: 'pool-1' },
      200,
    ],
    ['another provider', 'pool', {}, 403],
    ['users of the account only', 'users', {}, 403],
    ['no such role', 'nobody', {}, 403],
  ])('%s', async (_name, name, claims, status) => {
    const answer = await assume(token({ claims }), name);
    expect(answer.status).toBe(status);
    if (status === 200) return;
    expect(answer).toMatchObject({
      code: 'AccessDenied',
      message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity',
    });
    expect(aws.requests.at(-1)?.because).toEqual(expect.any(String));
  });
});

test('a token brings tags and a source identity along', async () => {
  const claims = {
    'https://aws.amazon.com/tags': {
      principal_tags: { repo: ['shop'] },
      transitive_tag_keys: ['repo'],
    },
    'https://aws.amazon.com/source_identity': 'anna',
  };
  const { status, xml } = await assume(token({ claims }));
  expect(status).toBe(200);
  expect(elementOf(xml, 'SourceIdentity')).toBe('anna');
  expect(
    await assume(
      token({
        claims: {
          'https://aws.amazon.com/tags': { principal_tags: {}, transitive_tag_keys: ['repo'] },
        },
      }),
    ),
  ).toMatchObject({ code: 'InvalidParameterValue' });
});

test.each<[Record<string, string>, string]>([
  [{ WebIdentityToken: 'abc' }, 'ValidationError'],
  [{ WebIdentityToken: 'x'.repeat(20_001) }, 'ValidationError'],
  [{ ProviderId: 'www.amazon.com' }, 'ValidationError'],
  [{ RoleArn: PROVIDER }, 'ValidationError'],
  [{ RoleSessionName: 'a b' }, 'ValidationError'],
  [{ DurationSeconds: '7201' }, 'ValidationError'],
  [{ Policy: '{' }, 'MalformedPolicyDocument'],
])('%j is refused', async (parameters, code) => {
  expect(await assume(token(), 'deploy', parameters)).toMatchObject({ status: 400, code });
});
