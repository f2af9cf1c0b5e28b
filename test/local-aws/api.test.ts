import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { assumeRole } from '@sigv4/credentials';
import { createSignedFetch } from '@sigv4/fetch';
import { startLocalAws, type LocalAws, type PolicyDocument } from '@sigv4/testing';

import { allow, CALLER, INTERN, OTHER, OWN, policy, ROLE, startWorld } from '../world.ts';
import { fetchAs } from './start.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startWorld();
});
afterAll(() => aws.close());

async function refusal(response: Response): Promise<unknown[]> {
  return [
    response.status,
    response.headers.get('x-amzn-errortype'),
    Object.values((await response.json()) as object)[0],
  ];
}

test('an unsigned call, and a route that does not exist, are answered alike', async () => {
  const missing = [403, 'MissingAuthenticationTokenException', 'Missing Authentication Token'];
  expect(await refusal(await fetch(`${aws.apis.own?.url}/orders`))).toEqual(missing);
  expect(
    await refusal(await fetchAs(aws, CALLER)(`${aws.apis.own?.url.replace('prod', 'dev')}/orders`)),
  ).toEqual(missing);
});

test('a caller whom no policy allows is denied, with his name and a masked account', async () => {
  const response = await fetchAs(aws, INTERN)(`${aws.apiUrl}/orders`);
  const [, , message] = await refusal(response);
  expect(message).toBe(
    `User: ${INTERN} is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:********1111:${aws.apis.own?.id}/prod/GET/orders`,
  );
});

test('what came is kept, with its verdict', async () => {
  const { length } = aws.requests;
  await fetchAs(aws, CALLER)(`${aws.apiUrl}/orders?a=b`, { method: 'POST', body: 'x' });
  await fetchAs(aws, INTERN)(`${aws.apiUrl}/orders`);
  expect(aws.requests.slice(length)).toMatchObject([
    {
      service: 'execute-api',
      api: 'own',
      method: 'POST',
      target: '/prod/orders?a=b',
      status: 200,
      callerArn: CALLER,
    },
    { status: 403, callerArn: INTERN, refusal: expect.stringContaining('not authorized') },
  ]);
  expect(Buffer.from(aws.requests[length]?.body ?? []).toString()).toBe('x');
});

describe('who may call what', () => {
  const invoke = (principal: string): PolicyDocument =>
    policy({
      Effect: 'Allow',
      Principal: { AWS: principal },
      Action: 'execute-api:Invoke',
      Resource: 'execute-api:/prod/GET/*',
    });
  const deny = policy(
    {
      Effect: 'Deny',
      Principal: '*',
      Action: 'execute-api:Invoke',
      Resource: 'execute-api:/*/*/secret',
    },
    { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' },
  );

  test.each<[string, string, PolicyDocument[], PolicyDocument | undefined, number]>([
    ['same account, caller allowed', OWN, [allow('execute-api:Invoke')], undefined, 200],
    ['same account, API allows', OWN, [], invoke(CALLER), 200],
    ['same account, neither', OWN, [], undefined, 403],
    ['same account, API names the account', OWN, [], invoke(OWN), 403],
    ['same account, API names the account and caller allowed', OWN, [allow('*')], invoke(OWN), 200],
    ['another account, caller allowed', OTHER, [allow('*')], undefined, 403],
    ['another account, API allows', OTHER, [], invoke(CALLER), 403],
    ['another account, both', OTHER, [allow('*')], invoke(CALLER), 200],
    [
      'another account, both, by account',
      OTHER,
      [allow('*')],
      invoke(`arn:aws:iam::${OWN}:root`),
      200,
    ],
    [
      'another method than the API allows',
      OWN,
      [],
      policy({
        Effect: 'Allow',
        Principal: '*',
        Action: '*',
        Resource: 'execute-api:/prod/POST/*',
      }),
      403,
    ],
    ['wildcards in the action', OWN, [allow('execute-api:Inv*')], undefined, 200],
    ['actions in any case', OWN, [allow('Execute-API:invoke')], undefined, 200],
    ['another action', OWN, [allow('execute-api:ManageConnections')], undefined, 403],
    [
      'another resource',
      OWN,
      [allow('*', 'arn:aws:execute-api:eu-west-1:111111111111:other/*')],
      undefined,
      403,
    ],
    ['an explicit deny of the API', OWN, [allow('*')], deny, 403],
    [
      'an explicit deny of the caller',
      OWN,
      [
        allow('*'),
        policy({ Effect: 'Deny', Action: '*', Resource: 'arn:aws:execute-api:*:*:*/secret' }),
      ],
      undefined,
      403,
    ],
    [
      'a condition that does not hold',
      OWN,
      [
        policy({
          Effect: 'Allow',
          Action: '*',
          Resource: '*',
          Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-other' } },
        }),
      ],
      undefined,
      403,
    ],
  ])('%s', async (_name, account, policies, resourcePolicy, status) => {
    await using local = await startLocalAws({
      accounts: { [OWN]: { users: { 'order-service': { policies } } }, [OTHER]: {} },
      apis: {
        api: {
          account,
          routes: [{ method: 'GET', path: '/secret', handler: () => ({}) }],
          ...(resourcePolicy && { resourcePolicy }),
        },
      },
    });
    const response = await fetchAs(local, CALLER)(`${local.apiUrl}/secret`);
    expect(response.status).toBe(status);
  });
});

test('routes: static before {id} before {proxy+}, a method before ANY, one without authorization', async () => {
  const named =
    (name: string) =>
    ({ pathParameters }: { pathParameters: object }) => ({ body: [name, pathParameters] });
  await using local = await startLocalAws({
    accounts: { [OWN]: { users: { 'order-service': { policies: [allow('*')] } } } },
    apis: {
      api: {
        account: OWN,
        stages: ['v1', 'v2'],
        routes: [
          { method: 'ANY', path: '/{proxy+}', handler: named('proxy') },
          { method: 'ANY', path: '/orders/{id}', handler: named('any') },
          { method: 'GET', path: '/orders/{id}', handler: named('id') },
          { method: 'GET', path: '/orders/latest', handler: named('latest') },
          { method: 'GET', path: '/health', authorization: 'NONE', handler: named('health') },
        ],
      },
    },
  });
  const call = async (method: string, path: string): Promise<unknown> =>
    (await fetchAs(local, CALLER)(local.apiUrl + path, { method })).json();
  expect(await call('GET', '/orders/latest')).toEqual(['latest', {}]);
  expect(await call('GET', '/orders/a%20b')).toEqual(['id', { id: 'a b' }]);
  expect(await call('POST', '/orders/7')).toEqual(['any', { id: '7' }]);
  expect(await call('GET', '/orders/7/lines')).toEqual(['proxy', { proxy: 'orders/7/lines' }]);
  expect((await fetch(`${local.apiUrl.replace('v1', 'v2')}/health`)).status).toBe(200);
});

test('the Date header goes by the clock of the local AWS', async () => {
  await using local = await startWorld();
  local.clock.advance('1d');
  const response = await fetch(local.apiUrl);
  expect(response.headers.get('date')).toBe(new Date(local.clock.now()).toUTCString());
});

test('two of them know nothing of each other', async () => {
  await using local = await startWorld();
  await using second = await startLocalAws();
  expect(second.requests).toEqual([]);
  expect(() => second.credentialsOf(CALLER)).toThrow(
    /there is no arn:aws:iam::111111111111:user\/order-service/,
  );
  expect(() => second.apiUrl).toThrow(/this local AWS has no API/);
  expect(local.credentialsOf(CALLER)).toBeDefined();
});

test('made-up keys are those of no user of another local AWS, not even of the same one', async () => {
  const startWithUser = (name: string): Promise<LocalAws> =>
    startLocalAws({ accounts: { [OWN]: { users: { [name]: {} } } } });
  await using one = await startWithUser('one');
  await using two = await startWithUser('two');
  const of = (local: LocalAws, name: string): string[] =>
    Object.values(local.credentialsOf(`arn:aws:iam::${OWN}:user/${name}`)) as string[];
  expect(of(two, 'two')).not.toContain(of(one, 'one')[0]);
  expect(of(two, 'two')).not.toContain(of(one, 'one')[1]);
  await using again = await startWithUser('one');
  for (const part of of(one, 'one')) expect(of(again, 'one')).not.toContain(part);
});

test('a fault in a handler is a 500 that tells it', async () => {
  await using local = await startWorld({
    routes: [
      {
        method: 'GET',
        path: '/broken',
        handler: () => {
          throw new Error('out of order');
        },
      },
    ],
  });
  const response = await fetchAs(local, CALLER)(`${local.apiUrl}/broken`);
  expect(response.status).toBe(500);
  expect(await response.text()).toContain('out of order');
});

test('an answer that HTTP cannot carry is a 500, and is kept', async () => {
  await using local = await startWorld({
    routes: [
      { method: 'GET', path: '/bad-status', handler: () => ({ status: 99 }) },
      { method: 'GET', path: '/bad-header', handler: () => ({ headers: { 'x-a': '€' } }) },
      {
        method: 'GET',
        path: '/throws',
        handler: () => {
          throw new Error('out of order');
        },
      },
    ],
  });
  for (const path of ['/bad-status', '/bad-header', '/throws']) {
    expect((await fetchAs(local, CALLER)(local.apiUrl + path)).status).toBe(500);
  }
  expect(local.requests.at(-1)).toMatchObject({ status: 500, failure: 'Error: out of order' });
});

test('closing twice is closing once', async () => {
  const local = await startWorld();
  await fetch(local.apiUrl);
  await local.close();
  await expect(local.close()).resolves.toBeUndefined();
});

test('a name in a path can have a dash', async () => {
  await using local = await startWorld({
    routes: [
      {
        method: 'GET',
        path: '/x/{order-id}',
        handler: ({ pathParameters }) => ({ body: pathParameters }),
      },
    ],
  });
  expect(await (await fetchAs(local, CALLER)(`${local.apiUrl}/x/7`)).json()).toEqual({
    'order-id': '7',
  });
});

test('forgetting the sessions of one role leaves those of another', async () => {
  await using local = await startWorld();
  const signedAs = (roleArn: string): ReturnType<typeof createSignedFetch> =>
    createSignedFetch({
      region: local.region,
      now: local.clock.now,
      retryRejected: false,
      credentials: assumeRole({
        roleArn,
        source: local.credentialsOf(CALLER),
        endpoint: local.stsUrl,
        region: local.region,
        now: local.clock.now,
      }),
    });
  const call = signedAs(ROLE);
  const url = `${local.apis['other']?.url}/x`;
  expect((await call(url)).status).toBe(200);
  local.forgetSessions(ROLE.replace('orders', 'other'));
  expect((await call(url)).status).toBe(200);
  local.forgetSessions(ROLE);
  expect((await call(url)).status).toBe(403);
});
