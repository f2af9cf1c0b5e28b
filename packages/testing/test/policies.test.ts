import { expect, test } from 'vitest';

import { startLocalAws, type PolicyDocument, type PolicyStatement } from '@sigv4/testing';

function policy(...statements: object[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements as PolicyStatement[] };
}
const OWN = '111111111111';
const ALLOW = { Effect: 'Allow', Action: '*', Resource: '*' };

test.each<[string, unknown, RegExp]>([
  ['a version of old', { Version: '2008-10-17', Statement: [] }, /Version must be/],
  ['a field that is none', { ...policy(ALLOW), Statements: [] }, /Statements is not supported/],
  ['a statement that is none', policy(null as never), /statement 1: expected an object/],
  ['NotPrincipal', policy({ ...ALLOW, NotPrincipal: '*' }), /NotPrincipal is not supported/],
  ['an effect that is none', policy({ ...ALLOW, Effect: 'Maybe' }), /Effect must be/],
  ['no action', policy({ Effect: 'Allow', Resource: '*' }), /Action is missing/],
  ['two kinds of action', policy({ ...ALLOW, NotAction: '*' }), /Action and NotAction exclude/],
  ['two kinds of resource', policy({ ...ALLOW, NotResource: '*' }), /exclude each other/],
  ['an action that is a number', policy({ ...ALLOW, Action: 7 }), /Action must be text/],
  ['an action of no service', policy({ ...ALLOW, Action: 'Invoke' }), /Invoke is not an action/],
  ['any service', policy({ ...ALLOW, Action: 'execute-*:Invoke' }), /is not an action/],
  [
    'no resource',
    policy({ Sid: 'Mine', Effect: 'Allow', Action: '*' }),
    /statement Mine: Resource is missing/,
  ],
  ['a Sid twice', policy({ ...ALLOW, Sid: 'A' }, { ...ALLOW, Sid: 'A' }), /Sid is not unique/],
  [
    'a resource that is no ARN',
    policy({ ...ALLOW, Resource: '*/secret' }),
    /must be in ARN format/,
  ],
  [
    'an ARN too short',
    policy({ ...ALLOW, Resource: 'arn:aws:execute-api:*' }),
    /must be in ARN format/,
  ],
  ['a principal', policy({ ...ALLOW, Principal: '*' }), /identity policy has no Principal/],
  ...['${aws:usernme}', '${aws:TagKeys}', '${aws:username', '${}', "${aws:username, 'a}"].map(
    (variable): [string, unknown, RegExp] => [
      `the policy variable ${variable}`,
      policy({ ...ALLOW, Resource: `arn:aws:s3:::x/${variable}` }),
      /the policy variable .* is not supported/,
    ],
  ),
  ...[null, [], 'x', { StringEquals: null }, { Bool: 3 }, { StringEquals: ['aws:userid'] }].map(
    (Condition): [string, unknown, RegExp] => [
      `the condition ${JSON.stringify(Condition)}`,
      policy({ ...ALLOW, Condition }),
      /statement 1: (?:Condition|StringEquals|Bool) must be an object/,
    ],
  ),
  ...[
    { BinaryEquals: { 'aws:userid': 'a' } },
    { StringMatches: { 'aws:userid': 'a' } },
    { constructor: { 'aws:userid': 'a' } },
    { 'ForSomeValues:StringEquals': { 'aws:TagKeys': 'a' } },
    { NullIfExists: { 'aws:userid': 'true' } },
    { 'ForAllValues:Null': { 'aws:TagKeys': 'true' } },
    { stringEquals: { 'aws:userid': 'a' } },
  ].map((Condition): [string, unknown, RegExp] => [
    `the operator ${Object.keys(Condition)[0]}`,
    policy({ ...ALLOW, Condition }),
    /the condition operator .* is not supported/,
  ]),
  ...[
    'aws:SourceIP4',
    'aws:PrincipalTag',
    's3:prefix',
    'sts:Externalid2',
    'aws:',
    'example.com:email',
    'token.actions.githubusercontent.com:run_id',
    'example.com:repository',
  ].map((key): [string, unknown, RegExp] => [
    `the key ${key}`,
    policy({ ...ALLOW, Condition: { StringEquals: { [key]: 'a' } } }),
    /the condition key .* is not supported/,
  ]),
  ...[
    { Bool: { 'aws:SecureTransport': 'yes' } },
    { Null: { 'aws:userid': 'maybe' } },
    { NumericLessThan: { 'aws:MultiFactorAuthAge': '1h' } },
    { DateLessThan: { 'aws:CurrentTime': 'tomorrow' } },
    { DateLessThan: { 'aws:CurrentTime': '2026-02-31T99:00:00Z' } },
    { IpAddress: { 'aws:SourceIp': '10.0.0.0/33' } },
    { IpAddress: { 'aws:SourceIp': '10.0.0' } },
    { IpAddress: { 'aws:SourceIp': '::/129' } },
    { IpAddress: { 'aws:SourceIp': '10.0.0.0/8/8' } },
    { ArnLike: { 'aws:PrincipalArn': 'role/x' } },
    { StringEquals: { 'aws:TagKeys': 'a' } },
    { StringEquals: { 'aws:userid': null } },
    { StringEquals: { 'aws:userid': [{}] } },
    { StringEquals: 'aws:userid' },
    'StringEquals',
  ].map((Condition): [string, unknown, RegExp] => [
    `the condition ${JSON.stringify(Condition)}`,
    policy({ ...ALLOW, Condition }),
    /statement 1: .* (?:is not|must be|has several values)/,
  ]),
])('an identity policy with %s is refused, never ignored', async (_name, document, message) => {
  const accounts = { [OWN]: { users: { a: { policies: [document as PolicyDocument] } } } };
  await expect(startLocalAws({ accounts })).rejects.toThrow(TypeError);
  await expect(startLocalAws({ accounts })).rejects.toThrow(message);
});

test.each<[unknown, RegExp]>([
  [undefined, /Principal must be/],
  ['111111111111', /Principal must be/],
  [{ CanonicalUser: 'x' }, /the principal CanonicalUser is not supported/],
  [{ AWS: 'arn:aws:iam::111111111111:user/*' }, /invalid principal in policy/],
  [{ AWS: 'arn:aws:iam::111111111111:group/g' }, /invalid principal in policy/],
  [{ AWS: '11111111111' }, /invalid principal in policy/],
  [{ AWS: ['111111111111', 'order-service'] }, /invalid principal in policy: AWS: order-service/],
  [{ AWS: 7 }, /invalid principal in policy/],
  [{ Service: 'lambda' }, /invalid principal in policy: Service: lambda/],
  [{ Federated: '*' }, /invalid principal in policy: Federated: \*/],
])('the principal %j is refused', async (Principal, message) => {
  const trust = policy({ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' });
  const accounts = { [OWN]: { roles: { r: { trust } } } };
  await expect(startLocalAws({ accounts })).rejects.toThrow(message);
});

test('a trust policy has no Resource', async () => {
  const trust = policy({ ...ALLOW, Principal: '*' });
  const accounts = { [OWN]: { roles: { r: { trust } } } };
  await expect(startLocalAws({ accounts })).rejects.toThrow(/a trust policy has no Resource/);
});

test.each<[object, RegExp]>([
  [{ organization: 'mine' }, /mine is not an organization/],
  [{ users: { 'a/x': {}, 'b/X': {} } }, /user\/b\/X: its name must be unique/],
  [
    { roles: { r: { trust: policy() }, 'a/r': { trust: policy() } } },
    /role\/a\/r: its name must be unique/,
  ],
  [
    { roles: { r: { trust: policy(), maxSessionDuration: 60 } } },
    /maxSessionDuration must be between 3600 and 43200/,
  ],
  [{ users: { a: { mfa: { serialNumber: 'x', seed: '1!' } } } }, /seed must be base32/],
  [
    {
      users: {
        a: {
          accessKeys: ['a', 'b', 'c'].map((accessKeyId) => ({ accessKeyId, secretAccessKey: 's' })),
        },
      },
    },
    /AccessKeysPerUser: 2/,
  ],
  [
    {
      users: {
        a: { accessKeys: ['a', 'a'].map((accessKeyId) => ({ accessKeyId, secretAccessKey: 's' })) },
      },
    },
    /there is an access key a already/,
  ],
])('%j is no account', async (account, message) => {
  await expect(startLocalAws({ accounts: { [OWN]: account } })).rejects.toThrow(message);
});

test.each([{ 'aws:SourceIp4': '10.0.0.1' }, { nonsense: 'x' }])(
  'the context %j is refused',
  async (context) => {
    await expect(startLocalAws({ context })).rejects.toThrow(
      /the condition key .* is not supported/,
    );
  },
);

test.each([
  [
    { account: '222222222222', routes: [] },
    /API a: its account 222222222222 is not among `accounts`/,
  ],
  [
    { account: '111111111111', routes: [{ method: 'GET', path: 'x', handler: () => ({}) }] },
    /API a, route GET x: expected a path that starts with "\/"/,
  ],
])('an API that cannot be right is refused: %#', async (api, message) => {
  await expect(
    startLocalAws({ accounts: { '111111111111': {} }, apis: { a: api } }),
  ).rejects.toThrow(message);
});

test('an account id that is none is refused', async () => {
  await expect(startLocalAws({ accounts: { '1111': {} } })).rejects.toThrow(
    /1111 is not an account id/,
  );
});
