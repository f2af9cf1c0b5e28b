import { expect, test } from 'vitest';

import { startLocalAws, type PolicyDocument, type PolicyStatement } from '@sigv4/testing';

function policy(...statements: object[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements as PolicyStatement[] };
}
const ALLOW = { Effect: 'Allow', Action: '*', Resource: '*' };

test.each([
  ['a version of old', { Version: '2008-10-17', Statement: [] }, /Version must be/],
  [
    'NotAction',
    policy({ Effect: 'Allow', NotAction: '*', Resource: '*' }),
    /statement 1: NotAction is not supported/,
  ],
  ['an effect that is none', policy({ ...ALLOW, Effect: 'Maybe' }), /Effect must be/],
  ['no action', policy({ Effect: 'Allow', Resource: '*' }), /Action is missing/],
  [
    'no resource',
    policy({ Sid: 'Mine', Effect: 'Allow', Action: '*' }),
    /statement Mine: Resource is missing/,
  ],
  ['a principal', policy({ ...ALLOW, Principal: '*' }), /identity policy has no Principal/],
  [
    'a policy variable',
    policy({ ...ALLOW, Resource: 'x/${aws:username}' }),
    /policy variables are not supported/,
  ],
  [
    'an operator not known',
    policy({ ...ALLOW, Condition: { DateLessThan: {} } }),
    /DateLessThan is not supported/,
  ],
  [
    'one of a prototype',
    policy({ ...ALLOW, Condition: { constructor: { a: 'b' } } }),
    /constructor is not supported/,
  ],
])('an identity policy with %s is refused, never ignored', async (_name, document, message) => {
  const accounts = { '111111111111': { users: { a: { policies: [document as PolicyDocument] } } } };
  await expect(startLocalAws({ accounts })).rejects.toThrow(message);
});

test('a principal other than AWS ones is refused', async () => {
  const trust = policy({
    Effect: 'Allow',
    Principal: { Service: 'lambda.amazonaws.com' },
    Action: 'sts:AssumeRole',
  });
  await expect(
    startLocalAws({ accounts: { '111111111111': { roles: { r: { trust } } } } }),
  ).rejects.toThrow(/trust policy of arn:aws:iam::111111111111:role\/r.*Service is not supported/);
});

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
