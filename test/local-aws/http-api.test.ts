import type { APIGatewayProxyHandlerV2WithIAMAuthorizer } from 'aws-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { HttpApiDefinition, LambdaEvent, LocalAws } from '@sigv4/testing';

import { CALLER, INTERN, OTHER, OWN } from '../world.ts';
import { fetchAs, startWith } from './start.ts';

const events: LambdaEvent[] = [];
let aws: LocalAws;
beforeAll(async () => {
  const kept = async (event: LambdaEvent): Promise<object> => {
    events.push(event);
    return { ok: true };
  };
  const typed: APIGatewayProxyHandlerV2WithIAMAuthorizer = async (event) => ({
    statusCode: 201,
    cookies: ['a=1', 'b=2'],
    body: event.requestContext.authorizer.iam.userArn,
  });
  const routes: HttpApiDefinition['routes'] = [
    { routeKey: 'GET /orders/{id}', lambda: kept },
    { routeKey: 'POST /orders', lambda: kept },
    { routeKey: 'GET /typed', lambda: typed },
    { routeKey: 'GET /open', authorization: 'NONE', handler: () => ({ body: 'open' }) },
    {
      routeKey: 'GET /throws',
      lambda: () => {
        throw new Error('out of order');
      },
    },
  ];
  aws = await startWith({
    orders: { kind: 'http', account: OWN, routes },
    staged: { kind: 'http', account: OWN, stages: ['$default', 'v1'], routes },
    named: { kind: 'http', account: OWN, stages: ['v1'], routes },
    fallback: {
      kind: 'http',
      account: OWN,
      routes: [
        { routeKey: '$default', lambda: kept },
        {
          routeKey: 'ANY /files/{proxy+}',
          handler: ({ pathParameters: { proxy } }) => ({ body: proxy }),
        },
      ],
    },
    other: { kind: 'http', account: OTHER, routes },
  });
});
afterAll(() => aws.close());

function call(api: string, path: string, init?: RequestInit): Promise<Response> {
  return fetchAs(aws)(`${aws.apis[api]?.url}${path}`, init);
}

test('the $default stage is not part of the path', async () => {
  expect(aws.apis['orders']?.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await (await call('orders', '/orders/7')).json()).toEqual({ ok: true });
});

test('a Lambda function gets the event of payload format 2.0', async () => {
  const response = await call('orders', '/orders/a%20b?x=1&x=2', {
    headers: { cookie: 'c=1; d=2', 'X-Trace': 'T1' },
  });
  const { accessKeyId } = aws.credentialsOf(CALLER);
  expect(events.at(-1)).toMatchObject({
    version: '2.0',
    routeKey: 'GET /orders/{id}',
    rawPath: '/orders/a%20b',
    rawQueryString: 'x=1&x=2',
    cookies: ['c=1', 'd=2'],
    headers: { 'x-trace': 'T1' },
    queryStringParameters: { x: '1,2' },
    pathParameters: { id: 'a b' },
    isBase64Encoded: false,
    requestContext: {
      accountId: OWN,
      stage: '$default',
      routeKey: 'GET /orders/{id}',
      requestId: response.headers.get('apigw-requestid'),
      timeEpoch: aws.clock.now(),
      http: { method: 'GET', path: '/orders/a%20b', sourceIp: '127.0.0.1', protocol: 'HTTP/1.1' },
      authorizer: {
        iam: {
          accessKey: accessKeyId,
          accountId: OWN,
          callerId: expect.stringMatching(/^AIDA/),
          userArn: CALLER,
          userId: expect.stringMatching(/^AIDA/),
        },
      },
    },
  });
  expect(events.at(-1)).not.toHaveProperty('headers.cookie');
  expect(events.at(-1)).not.toHaveProperty('body');
});

test.each([
  ['application/json', '{}', '{}', false],
  ['application/x-www-form-urlencoded', 'a=b', 'YT1i', true],
  ['application/problem+json; charset=utf-8', '{}', '{}', false],
  ['image/png', 'x', 'eA==', true],
])('a body of %s', async (type, body, got, isBase64Encoded) => {
  await call('orders', '/orders', { method: 'POST', headers: { 'content-type': type }, body });
  expect(events.at(-1)).toMatchObject({ body: got, isBase64Encoded });
});

test('a body that is encoded comes in Base64, whatever its type', async () => {
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  await call('orders', '/orders', { method: 'POST', headers, body: '{}' });
  expect(events.at(-1)).toMatchObject({ body: 'e30=', isBase64Encoded: true });
});

test('cookies and status of an answer, of a handler with the types of aws-lambda', async () => {
  const response = await call('orders', '/typed');
  expect([response.status, await response.text()]).toEqual([201, CALLER]);
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
});

test('a function that throws is a 500', async () => {
  const response = await call('orders', '/throws');
  expect([response.status, await response.json()]).toEqual([
    500,
    { message: 'Internal Server Error' },
  ]);
  expect(aws.requests.at(-1)?.failure).toBe('Error: out of order');
});

test.each([
  ['staged', '/v1/orders/7', 200, 'v1'],
  ['staged', '/orders/7', 200, '$default'],
  ['named', '/orders/7', 200, 'v1'],
])('stages: %s %s', async (api, path, status, stage) => {
  expect((await call(api, path)).status).toBe(status);
  expect(events.at(-1)).toMatchObject({ requestContext: { stage } });
});

test('the $default stage has no name in a path', async () => {
  // A signer would have sent %24default, which no stage is called anyway.
  expect((await fetch(`${aws.apis['staged']?.url}/$default/open`)).status).toBe(404);
  expect((await fetch(`${aws.apis['staged']?.url}/v1/open`)).status).toBe(200);
});

test('a path without the stage that an API wants is not found', async () => {
  const url = aws.apis['named']?.url.replace('/v1', '') ?? '';
  expect((await fetchAs(aws)(`${url}/orders/7`)).status).toBe(404);
});

test('no such route is Not Found, signed or not', async () => {
  for (const response of [
    await call('orders', '/nowhere'),
    await fetch(`${aws.apis['orders']?.url}/nowhere`),
  ]) {
    expect([response.status, await response.json()]).toEqual([404, { message: 'Not Found' }]);
  }
});

test('$default takes what no other route takes', async () => {
  expect(await (await call('fallback', '/files/a/b')).text()).toBe('a/b');
  await call('fallback', '/any/thing');
  expect(events.at(-1)).toMatchObject({ routeKey: '$default', rawPath: '/any/thing' });
});

test.each<[string, () => Promise<Response>, RegExp]>([
  ['unsigned', () => fetch(`${aws.apis['orders']?.url}/orders/7`), /Missing Authentication Token/],
  [
    'not allowed',
    () => fetchAs(aws, INTERN)(`${aws.apis['orders']?.url}/orders/7`),
    /is not authorized to perform: execute-api:Invoke on resource: .*\/\$default\/GET\/orders\/7$/,
  ],
  [
    'a wrong secret',
    () =>
      fetchAs(aws, CALLER, {
        credentials: { ...aws.credentialsOf(CALLER), secretAccessKey: 'wrong' },
      })(`${aws.apis['orders']?.url}/orders/7`),
    /signature we calculated/,
  ],
  // An HTTP API has no resource policy that could let another account in.
  ['another account', () => call('other', '/orders/7'), /is not authorized/],
])('%s is a bare Forbidden; why, the test can read', async (_name, send, why) => {
  const response = await send();
  expect([response.status, await response.text()]).toEqual([403, '{"message":"Forbidden"}']);
  expect(response.headers.get('x-amzn-errortype')).toBeNull();
  expect(aws.requests.at(-1)?.refusal).toMatch(why);
});

test('a route without authorization', async () => {
  expect(await (await fetch(`${aws.apis['orders']?.url}/open`)).text()).toBe('open');
});

test.each(['/orders', 'get /orders', 'GET orders', 'GET'])(
  '%j is no route key',
  async (routeKey) => {
    const routes = [{ routeKey, handler: () => ({}) }];
    await expect(startWith({ api: { kind: 'http', account: OWN, routes } })).rejects.toThrow(
      /expected "GET \/orders\/\{id\}" or "\$default"/,
    );
  },
);
