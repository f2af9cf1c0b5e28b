import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';

import type { APIGatewayProxyHandler } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createSignedFetch } from '@sigv4/fetch';
import type { GatewayResponses, LambdaEvent, LocalAws, RestApiDefinition } from '@sigv4/testing';

import { CALLER, INTERN, OWN, policy } from '../world.ts';
import { fetchAs, startWith } from './start.ts';

const events: LambdaEvent[] = [];
let aws: LocalAws;
beforeAll(async () => {
  const kept = async (event: LambdaEvent): Promise<object> => {
    events.push(event);
    return { statusCode: 200, body: 'ok' };
  };
  // As its author would have typed it.
  const typed: APIGatewayProxyHandler = async (event) => ({
    statusCode: 201,
    multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] },
    body: Buffer.from(event.requestContext.identity.userArn ?? '').toString('base64'),
    isBase64Encoded: true,
  });
  aws = await startWith({
    api: {
      account: OWN,
      id: 'abc1234567',
      apiKeys: ['key-1', 'key-2'],
      binaryMediaTypes: ['image/*'],
      routes: [
        { method: 'ANY', path: '/orders/{id}', lambda: kept },
        { method: 'GET', path: '/open', authorization: 'NONE', lambda: kept },
        { method: 'GET', path: '/typed', lambda: typed },
        {
          method: 'GET',
          path: '/callback',
          lambda: (_event, _context, callback) =>
            setImmediate(callback, null, { statusCode: 202, body: '' }),
        },
        {
          method: 'GET',
          path: '/throws',
          lambda: () => {
            throw new Error('out of order');
          },
        },
        { method: 'GET', path: '/no-status', lambda: () => ({ body: 'x' }) },
        { method: 'GET', path: '/bad-body', lambda: () => ({ statusCode: 200, body: {} }) },
        { method: 'GET', path: '/bad-field', lambda: () => ({ statusCode: 200, status: 200 }) },
        { method: 'GET', path: '/text', lambda: () => 'hello' },
        {
          method: 'GET',
          path: '/keyed',
          apiKeyRequired: true,
          lambda: kept,
        },
        {
          method: 'GET',
          path: '/open-keyed',
          apiKeyRequired: true,
          authorization: 'NONE',
          handler: () => ({ body: 'in' }),
        },
      ],
    },
  });
});
afterAll(() => aws.close());

test('a Lambda function gets the event that API Gateway makes', async () => {
  const response = await fetchAs(aws)(`${aws.apiUrl}/orders/a%20b?x=1&x=2&y=%C3%A4`, {
    method: 'PUT',
    headers: { 'content-type': 'text/plain', 'X-Trace': 'T1' },
    body: 'hät',
  });
  expect(await response.text()).toBe('ok');
  const { accessKeyId } = aws.credentialsOf(CALLER);
  expect(events.at(-1)).toMatchObject({
    resource: '/orders/{id}',
    path: '/orders/a%20b',
    httpMethod: 'PUT',
    headers: { 'x-trace': 'T1', 'content-type': 'text/plain' },
    multiValueHeaders: { 'x-trace': ['T1'] },
    queryStringParameters: { x: '2', y: 'ä' },
    multiValueQueryStringParameters: { x: ['1', '2'], y: ['ä'] },
    pathParameters: { id: 'a b' },
    stageVariables: null,
    body: 'hät',
    isBase64Encoded: false,
    requestContext: {
      accountId: OWN,
      apiId: 'abc1234567',
      domainName: 'abc1234567.execute-api.eu-west-1.amazonaws.com',
      domainPrefix: 'abc1234567',
      httpMethod: 'PUT',
      path: '/prod/orders/a%20b',
      protocol: 'HTTP/1.1',
      requestId: response.headers.get('x-amzn-requestid'),
      requestTime: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      requestTimeEpoch: aws.clock.now(),
      resourcePath: '/orders/{id}',
      stage: 'prod',
      identity: {
        accessKey: accessKeyId,
        accountId: OWN,
        caller: expect.stringMatching(/^AIDA/),
        user: expect.stringMatching(/^AIDA/),
        userArn: CALLER,
        sourceIp: '127.0.0.1',
        userAgent: expect.any(String),
      },
    },
  });
  expect(response.headers.get('x-amz-apigw-id')).toMatch(/^[\w+/]{14,15}=$/);
});

test('an unsigned call of a route without authorization has no caller, and nulls', async () => {
  await fetch(`${aws.apiUrl}/open`);
  expect(events.at(-1)).toMatchObject({
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    body: null,
    requestContext: { identity: { accessKey: null, accountId: null, userArn: null } },
  });
});

test('a binary media type comes in Base64', async () => {
  const body = new Uint8Array([0, 255, 128]);
  await fetchAs(aws)(`${aws.apiUrl}/orders/1`, {
    method: 'PUT',
    headers: { 'content-type': 'image/png' },
    body,
  });
  expect(events.at(-1)).toMatchObject({ body: 'AP+A', isBase64Encoded: true });
});

test('an answer in Base64, with a header twice, of a handler with the types of aws-lambda', async () => {
  const headers = { accept: 'image/png' };
  const response = await fetchAs(aws)(`${aws.apiUrl}/typed`, { headers });
  expect([response.status, await response.text()]).toEqual([201, CALLER]);
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
});

test('a function with a callback', async () => {
  expect((await fetchAs(aws)(`${aws.apiUrl}/callback`)).status).toBe(202);
});

test.each([
  ['/throws', /out of order/],
  ['/no-status', /statusCode is undefined/],
  ['/bad-body', /body is not a string/],
  ['/bad-field', /unknown field, status/],
  ['/text', /returned no object/],
])('%s: a function that fails is a 502, and what it did is kept', async (path, failure) => {
  const response = await fetchAs(aws)(aws.apiUrl + path);
  expect([response.status, await response.json()]).toEqual([
    502,
    { message: 'Internal server error' },
  ]);
  expect(aws.requests.at(-1)).toMatchObject({
    verdict: 'allowed',
    status: 502,
    failure: expect.stringMatching(failure),
  });
});

describe('API keys', () => {
  const keyed = (key: string | undefined): Promise<Response> => {
    const headers: Record<string, string> = key === undefined ? {} : { 'x-api-key': key };
    return fetchAs(aws)(`${aws.apiUrl}/keyed`, { headers });
  };

  test.each(['key-1', 'key-2'])('%s is one, beside a signature', async (key) => {
    expect((await keyed(key)).status).toBe(200);
    expect(events.at(-1)).toMatchObject({ requestContext: { identity: { apiKey: key } } });
  });

  test.each([undefined, 'wrong', '', 'key'])('%j is none', async (key) => {
    const response = await keyed(key);
    expect([response.status, await response.json()]).toEqual([403, { message: 'Forbidden' }]);
    expect(response.headers.get('x-amzn-errortype')).toBe('ForbiddenException');
    expect(aws.requests.at(-1)).toMatchObject({ verdict: 'refused', callerArn: CALLER });
  });

  test('come after the signature, and after the policies', async () => {
    const unsigned = await fetch(`${aws.apiUrl}/keyed`, { headers: { 'x-api-key': 'key-1' } });
    expect(await unsigned.json()).toEqual({ message: 'Missing Authentication Token' });
    const denied = await fetchAs(aws, INTERN)(`${aws.apiUrl}/keyed`);
    expect(await denied.text()).toContain('is not authorized');
  });

  test('of a route without IAM are all it asks for', async () => {
    expect((await fetch(`${aws.apiUrl}/open-keyed`)).status).toBe(403);
    const headers = { 'x-api-key': 'key-2' };
    expect(await (await fetch(`${aws.apiUrl}/open-keyed`, { headers })).text()).toBe('in');
  });

  test('are no key of a method that asks for none', async () => {
    await fetchAs(aws)(`${aws.apiUrl}/orders/1`, { headers: { 'x-api-key': 'key-1' } });
    expect(events.at(-1)).not.toHaveProperty('requestContext.identity.apiKey');
  });
});

describe('gateway responses', () => {
  const definition = (gatewayResponses: GatewayResponses): RestApiDefinition => ({
    account: OWN,
    gatewayResponses,
    apiKeys: ['k'],
    routes: [
      { method: 'GET', path: '/x', handler: () => ({}) },
      { method: 'GET', path: '/keyed', apiKeyRequired: true, handler: () => ({}) },
      { method: 'GET', path: '/broken', lambda: () => undefined },
    ],
  });

  test('are as their owner changed them: by type, else by default', async () => {
    await using local = await startWith({
      api: definition({
        ACCESS_DENIED: {
          status: 404,
          headers: { 'X-Why': 'policy' },
          body: '{"error":$context.error.messageString,"type":"$context.error.responseType"}',
        },
        DEFAULT_4XX: {
          body: '$context.stage $context.httpMethod $context.path $context.error.message',
        },
        DEFAULT_5XX: { status: 500, body: '$context.requestId' },
        INVALID_API_KEY: { status: 401 },
      }),
    });
    const denied = await fetchAs(local, INTERN)(`${local.apiUrl}/x`);
    expect([denied.status, denied.headers.get('x-why')]).toEqual([404, 'policy']);
    expect(denied.headers.get('x-amzn-errortype')).toBe('AccessDeniedException');
    expect(await denied.json()).toEqual({
      error: expect.stringMatching(/^User: .* is not authorized/),
      type: 'ACCESS_DENIED',
    });
    const missing = await fetch(`${local.apiUrl}/x`);
    expect([missing.status, await missing.text()]).toEqual([
      403,
      'prod GET /prod/x Missing Authentication Token',
    ]);
    expect((await fetchAs(local)(`${local.apiUrl}/keyed`)).status).toBe(401);
    const broken = await fetchAs(local)(`${local.apiUrl}/broken`);
    expect(broken.status).toBe(500);
    expect(await broken.text()).toBe(broken.headers.get('x-amzn-requestid'));
  });

  test.each<[string, GatewayResponses]>([
    ['EXPIRED_TOKEN', { EXPIRED_TOKEN: { status: 418 } }],
    ['INVALID_SIGNATURE', { INVALID_SIGNATURE: { status: 418 } }],
    ['ACCESS_DENIED', { ACCESS_DENIED: { status: 418 } }],
    ['MISSING_AUTHENTICATION_TOKEN', { MISSING_AUTHENTICATION_TOKEN: { status: 418 } }],
    ['THROTTLED', { THROTTLED: { status: 418 } }],
  ])('%s is the answer to one case, and not to the others', async (type, responses) => {
    await using local = await startWith({ api: definition(responses) });
    const url = `${local.apiUrl}/x`;
    const wrong = { ...local.credentialsOf(CALLER), secretAccessKey: 'wrong' };
    const cases: Record<string, () => Promise<Response>> = {
      MISSING_AUTHENTICATION_TOKEN: () => fetch(url),
      INVALID_SIGNATURE: () => fetchAs(local, CALLER, { credentials: wrong })(url),
      ACCESS_DENIED: () => fetchAs(local, INTERN)(url),
      THROTTLED: () => {
        local.faults.next(1, { throttled: true });
        return fetch(url);
      },
    };
    for (const [name, call] of Object.entries(cases)) {
      const { status } = await call();
      expect([name, status === 418]).toEqual([name, name === type]);
    }
  });

  test.each<[GatewayResponses, RegExp]>([
    [{ DEFAULT_4XX: { body: '$input.body' } }, /\$input\.body is not supported/],
    [{ DEFAULT_4XX: { body: '$context.error.validationErrorString' } }, /is not supported/],
    [{ DEFAULT_5XX: { status: 42 } }, /42 is no status/],
    [
      { ACCESS_DENY: { status: 404 } } as never,
      /API api, gatewayResponses: ACCESS_DENY is not supported; did you mean ACCESS_DENIED/,
    ],
  ])('%j is not ignored', async (responses, message) => {
    await expect(startWith({ api: definition(responses) })).rejects.toThrow(message);
  });
});

test.each<[string, object, RegExp]>([
  ['no handler', { routes: [{ method: 'GET', path: '/x' }] }, /expected a function/],
  [
    'two',
    { routes: [{ method: 'GET', path: '/x', handler: () => ({}), lambda: () => ({}) }] },
    /expected a function/,
  ],
  [
    'a key that nobody has',
    { routes: [{ method: 'GET', path: '/x', apiKeyRequired: true, handler: () => ({}) }] },
    /has no `apiKeys`/,
  ],
  ['no stages', { stages: [], routes: [] }, /has no stages/],
  ['a stage with a slash', { stages: ['a/b'], routes: [] }, /is no stage/],
  ['an id in capitals', { id: 'ABC', routes: [] }, /lower-case letters/],
  ['a URL as domain name', { domainName: 'https://x', routes: [] }, /is not a host name/],
  ['another kind', { kind: 'graphql', routes: [] }, /kind must be/],
])('%s is an error when it starts', async (_name, definition, message) => {
  const api = { account: OWN, ...definition } as RestApiDefinition;
  await expect(startWith({ api })).rejects.toThrow(message);
});

test('two APIs with one id are an error', async () => {
  const api = { account: OWN, id: 'same', routes: [] };
  await expect(startWith({ a: api, b: api })).rejects.toThrow(/two APIs are at same\.execute-api/);
});

test('policies can ask where a request comes from', async () => {
  const only = (Condition: Record<string, Record<string, string>>): RestApiDefinition => ({
    account: OWN,
    routes: [{ method: 'GET', path: '/x', handler: () => ({}) }],
    resourcePolicy: policy({
      Effect: 'Allow',
      Principal: { AWS: INTERN },
      Action: 'execute-api:Invoke',
      Resource: 'execute-api:/*',
      Condition,
    }),
  });
  await using local = await startWith(
    {
      address: only({ StringEquals: { 'aws:SourceIp': '203.0.113.7' } }),
      endpoint: only({ StringEquals: { 'aws:SourceVpce': 'vpce-1' } }),
      plain: only({ StringEquals: { 'aws:SecureTransport': 'false' } }),
    },
    {
      context: ({ target }) =>
        target.endsWith('vpce')
          ? { 'aws:SourceVpce': 'vpce-1' }
          : { 'aws:SourceIp': '203.0.113.7', 'aws:SecureTransport': 'false' },
    },
  );
  const call = async (api: keyof typeof local.apis, query = ''): Promise<number> =>
    (await fetchAs(local, INTERN)(`${local.apis[api].url}/x${query}`)).status;
  expect(await call('address')).toBe(200);
  expect(await call('address', '?vpce')).toBe(403);
  expect(await call('endpoint', '?vpce')).toBe(200);
  expect(await call('endpoint')).toBe(403);
  expect(await call('plain')).toBe(200);
});

test('the mismatch message holds the canonical request that the server computed', async () => {
  const credentials = { ...aws.credentialsOf(CALLER), secretAccessKey: 'wrong' };
  const response = await createSignedFetch({
    credentials,
    region: aws.region,
    now: aws.clock.now,
  })(`${aws.apiUrl}/orders/1?b=2&a=1`);
  const { message } = (await response.json()) as { message: string };
  expect(message).toMatch(
    /should have been\n'GET\n\/prod\/orders\/1\na=1&b=2\nhost:127\.0\.0\.1:\d+\nx-amz-date:\d{8}T\d{6}Z\n\nhost;x-amz-date\n[0-9a-f]{64}'\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n/,
  );
  expect(response.headers.get('x-amzn-errortype')).toBe('InvalidSignatureException');
});

test('a denial is the one message with a capital', async () => {
  const denied = await fetchAs(aws, INTERN)(`${aws.apiUrl}/keyed`);
  expect(Object.keys((await denied.json()) as object)).toEqual(['Message']);
  expect(denied.headers.get('x-amzn-errortype')).toBe('AccessDeniedException');
  expect(aws.requests.at(-1)?.because).toMatch(/identity policies: nothing is allowed/);
});

test('a resource policy binds callers without a signature too', async () => {
  const open = (Effect: 'Allow' | 'Deny', path: string): RestApiDefinition => ({
    account: OWN,
    routes: [{ method: 'GET', path: '/{proxy+}', authorization: 'NONE', handler: () => ({}) }],
    resourcePolicy: policy({
      Effect,
      Principal: '*',
      Action: 'execute-api:Invoke',
      Resource: `execute-api:/*/GET/${path}`,
    }),
  });
  await using local = await startWith({ some: open('Allow', 'x'), none: open('Deny', 'x') });
  expect((await fetch(`${local.apis['some']?.url}/x`)).status).toBe(200);
  const other = await fetch(`${local.apis['some']?.url}/y`);
  expect(await other.text()).toMatch(/^\{"Message":"User: anonymous is not authorized to perform/);
  expect(await (await fetch(`${local.apis['none']?.url}/x`)).text()).toContain('explicit deny');
});

test('a wish for another protocol is a request as any other', async () => {
  const { port } = new URL(aws.apiUrl);
  const socket = createConnection(Number(port), '127.0.0.1');
  socket.end(
    'GET /prod/open HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n',
  );
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});

test('two hosts are a bad request, whatever is signed', async () => {
  const { port } = new URL(aws.apiUrl);
  const socket = createConnection(Number(port), '127.0.0.1');
  socket.end('GET /prod/open HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
});
