import { describe, expect, test } from 'vitest';

import { startLocalAws, type PolicyDocument, type PolicyStatement } from '@sigv4/testing';

import { fetchAs } from '../../../test/local-aws/start.ts';

function policy(...statements: object[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements as PolicyStatement[] };
}
const OWN = '111111111111';
const ALLOW = { Effect: 'Allow', Action: '*', Resource: '*' };

test.each<[string, unknown, RegExp]>([
  ['a version that is none', { Version: '2008-10-18', Statement: [] }, /Version must be/],
  ['a field that is none', { ...policy(ALLOW), Statements: [] }, /Statements is not supported/],
  ['a statement that is none', policy(null as never), /statement 1: expected an object/],
  ['NotPrincipal', policy({ ...ALLOW, NotPrincipal: '*' }), /identity policy has no Principal/],
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
    's3:prefixes',
    'sqs:QueueName',
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

/** What people have in production, for services that are not here. */
const OTHER_SERVICES: [string, object][] = [
  [
    'sns:Protocol',
    { Action: 'sns:Subscribe', Condition: { StringLike: { 'sns:Protocol': 'h*' } } },
  ],
  [
    'kms:ViaService',
    {
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } },
    },
  ],
  [
    'iam:PassedToService',
    {
      Action: 'iam:PassRole',
      Condition: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
    },
  ],
  [
    'dynamodb:LeadingKeys, with a variable of Cognito',
    {
      Action: 'dynamodb:*',
      Condition: {
        'ForAllValues:StringEquals': {
          'dynamodb:LeadingKeys': ['${cognito-identity.amazonaws.com:sub}'],
        },
      },
    },
  ],
  [
    'a binary value',
    { Action: 'sqs:SendMessage', Condition: { BinaryEquals: { 'sqs:x': 'QmluYXJ5' } } },
  ],
  [
    'a variable of EC2',
    { Action: 'ec2:*', Resource: 'arn:aws:ec2:*:*:instance/${ec2:SourceInstanceARN}' },
  ],
];

test.each(OTHER_SERVICES)(
  '%s loads, where its service alone is meant',
  async (_name, statement) => {
    const policies = [policy({ ...ALLOW, ...statement })];
    await using aws = await startLocalAws({ accounts: { [OWN]: { users: { a: { policies } } } } });
    expect(aws.credentialsOf(`arn:aws:iam::${OWN}:user/a`).accessKeyId).toMatch(/^AKIA/);
  },
);

test.each(OTHER_SERVICES)(
  '%s is an error, where all actions, and so those of here, are meant',
  async (_name, statement) => {
    const policies = [policy({ ...ALLOW, ...statement, Action: '*' })];
    await expect(
      startLocalAws({ accounts: { [OWN]: { users: { a: { policies } } } } }),
    ).rejects.toThrow(/is not supported/);
  },
);

test('a key of a service that the statement names beside ours is absent from our requests', async () => {
  const Condition = { StringLike: { 'sns:Protocol': 'https' } };
  const Action = ['sns:Subscribe', 'execute-api:Invoke'];
  const policies = [policy({ ...ALLOW, Action, Condition })];
  await using aws = await startLocalAws({ accounts: { [OWN]: { users: { a: { policies } } } } });
  expect(aws.requests).toEqual([]);
});

test.each(['aws:SourceIP4', 'aws:PrincipalOrgId2'])(
  '%s is misspelt, wherever it is',
  async (key) => {
    const policies = [policy({ ...ALLOW, Action: 's3:*', Condition: { Bool: { [key]: 'true' } } })];
    await expect(
      startLocalAws({ accounts: { [OWN]: { users: { a: { policies } } } } }),
    ).rejects.toThrow(/is not supported; did you mean aws:(?:SourceIp|PrincipalOrgID)\?/);
  },
);

describe('managed policies', () => {
  const MANAGED = 'arn:aws:iam::aws:policy/AmazonAPIGatewayInvokeFullAccess';

  test("AWS's own and the account's are named by their ARNs, in users, roles and boundaries", async () => {
    const all = `arn:aws:iam::${OWN}:policy/all`;
    await using aws = await startLocalAws({
      accounts: {
        [OWN]: {
          policies: { all: policy(ALLOW) },
          users: {
            both: { policies: [MANAGED], permissionsBoundary: all },
            bounded: {
              policies: [all],
              permissionsBoundary: policy({ ...ALLOW, Action: 'sts:*' }),
            },
          },
        },
      },
      apis: {
        x: { account: OWN, routes: [{ method: 'GET', path: '/x', handler: () => ({}) }] },
      },
    });
    const as = (user: string): Promise<Response> =>
      fetchAs(aws, `arn:aws:iam::${OWN}:user/${user}`)(`${aws.apis.x.url}/x`);
    expect((await as('both')).status).toBe(200);
    expect((await as('bounded')).status).toBe(403);
    expect(aws.requests.at(-1)?.because).toMatch(/permissions boundary: .*another action/);
  });

  test.each([`${MANAGED}s`, `arn:aws:iam::${OWN}:policy/none`, 'AdministratorAccess'])(
    '%s is none',
    async (arn) => {
      await expect(
        startLocalAws({ accounts: { [OWN]: { users: { a: { policies: [arn] } } } } }),
      ).rejects.toThrow(
        /user\/a: there is no managed policy .*; there are arn:aws:iam::aws:policy\/Amazon/,
      );
    },
  );
});

test('an SCP narrows all users and roles of its account', async () => {
  const full = policy(ALLOW);
  const deny = policy({ Effect: 'Deny', Action: 'execute-api:*', Resource: '*' });
  const routes = [{ method: 'GET', path: '/x', handler: () => ({}) }];
  const start = (serviceControlPolicies: PolicyDocument[]) =>
    startLocalAws({
      accounts: { [OWN]: { serviceControlPolicies, users: { a: { policies: [full] } } } },
      apis: { x: { account: OWN, routes } },
    });
  for (const [controls, status] of [
    [[full], 200],
    [[full, deny], 403],
    [[], 403],
  ] as const) {
    await using aws = await start([...controls]);
    const call = fetchAs(aws, `arn:aws:iam::${OWN}:user/a`);
    expect((await call(`${aws.apis.x.url}/x`)).status).toBe(status);
  }
});

test('a trust policy has no NotPrincipal', async () => {
  const trust = policy({ Effect: 'Allow', Action: 'sts:AssumeRole', NotPrincipal: { AWS: OWN } });
  const accounts = { [OWN]: { roles: { r: { trust } } } };
  await expect(startLocalAws({ accounts })).rejects.toThrow(/a trust policy has no NotPrincipal/);
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
