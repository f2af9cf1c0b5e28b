import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { CorsDefinition, LambdaEvent, LocalAws } from '@sigv4/testing';

import { CALLER, OWN } from '../world.ts';
import { fetchAs, startWith } from './start.ts';

const events: LambdaEvent[] = [];
const lambda = (event: LambdaEvent): object => {
  events.push(event);
  return { statusCode: 200, headers: { 'access-control-allow-origin': 'mine', 'x-a': 'b' } };
};

describe('a domain name that several APIs share', () => {
  let aws: LocalAws<'orders' | 'old' | 'root'>;
  let dispatcher: Agent;
  beforeAll(async () => {
    const routes = [{ method: 'GET', path: '/{proxy+}', lambda }];
    const domainName = 'api.shop.example';
    aws = await startWith({
      orders: {
        kind: 'http',
        account: OWN,
        domainName,
        basePath: 'orders',
        routes: [{ routeKey: 'GET /{proxy+}', lambda }],
      },
      old: { account: OWN, domainName, basePath: 'orders/old', stages: ['v1'], routes },
      root: { account: OWN, domainName, routes },
    });
    dispatcher = new Agent({ connect: aws.connect });
  });
  afterAll(async () => {
    await dispatcher.close();
    await aws.close();
  });

  test.each([
    ['/orders/7', 'orders', '7', /:orders0000\/\$default\/GET\/7$/],
    ['/orders/old/7', 'old', '7', /:old0000000\/v1\/GET\/7$/],
    ['/ordersold/7', 'root', 'ordersold/7', /:root000000\/prod\/GET\/ordersold\/7$/],
    ['/7', 'root', '7', /:root000000\/prod\/GET\/7$/],
  ])('%s is for %s', async (path, api, proxy, resource) => {
    const url = `https://api.shop.example${path}`;
    const init = { dispatcher } as RequestInit;
    const options = { service: 'execute-api' };
    expect((await fetchAs(aws, CALLER, options)(url, init)).status).toBe(200);
    expect(aws.requests.at(-1)?.api).toBe(api);
    expect(events.at(-1)).toMatchObject({ pathParameters: { proxy } });
    await fetchAs(aws, CALLER.replace('order-service', 'intern'), options)(url, init);
    expect(aws.requests.at(-1)?.refusal).toMatch(resource);
  });

  test('has a URL for each', () => {
    expect(aws.apis.old.hostUrl).toBe('https://api.shop.example/orders/old');
    expect(aws.apis.root.hostUrl).toBe('https://api.shop.example');
  });

  test.each([
    [{ basePath: 'v1' }, /has a basePath, and no domainName/],
    [{ basePath: '/v1', domainName: 'a.example' }, /its basePath \/v1 is not one/],
    [{ stageVariables: { prd: {} } }, /stageVariables of prd, .*; did you mean prod\?/],
  ])('%j is an error', async (more, message) => {
    await expect(startWith({ x: { account: OWN, routes: [], ...more } })).rejects.toThrow(message);
  });

  test('twice with one base path is an error', async () => {
    const api = { account: OWN, domainName: 'a.example', basePath: 'v1', routes: [] };
    await expect(startWith({ a: api, b: { ...api, id: 'b' } })).rejects.toThrow(
      /two APIs are at a\.example\/v1/,
    );
  });
});

test('functions get the variables of their stage', async () => {
  const stageVariables = { prod: { table: 'orders-prod' } };
  const stages = ['prod', 'dev'];
  const open = { authorization: 'NONE', lambda } as const;
  await using aws = await startWith({
    rest: {
      account: OWN,
      stages,
      stageVariables,
      routes: [{ method: 'GET', path: '/x', ...open }],
    },
    http: {
      kind: 'http',
      account: OWN,
      stages,
      stageVariables,
      routes: [{ routeKey: 'GET /x', ...open }],
    },
    socket: {
      kind: 'websocket',
      account: OWN,
      stages,
      stageVariables,
      routes: [{ routeKey: '$connect', ...open }],
    },
  });
  for (const kind of ['rest', 'http'] as const) {
    await fetch(`${aws.apis[kind].url}/x`);
    expect(events.at(-1)).toMatchObject({ stageVariables: { table: 'orders-prod' } });
    await fetch(`${aws.apis[kind].url.replace('/prod', '/dev')}/x`);
    const [event] = events.slice(-1) as { stageVariables?: object }[];
    expect(event?.stageVariables ?? null).toBeNull();
  }
  const socket = new WebSocket(aws.apis.socket.url.replace('http', 'ws'));
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  expect(events.at(-1)).toMatchObject({ stageVariables: { table: 'orders-prod' } });
  socket.close();
});

describe('payload format 1.0 of an HTTP API', () => {
  const route = (result: unknown) =>
    ({
      routeKey: 'GET /orders/{id}',
      payloadFormatVersion: '1.0',
      lambda: (event: LambdaEvent) => {
        events.push(event);
        return result;
      },
    }) as const;

  test('has the event of a REST API, with its version', async () => {
    const result = {
      statusCode: 201,
      multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] },
      body: 'AP+A',
      isBase64Encoded: true,
    };
    await using aws = await startWith({
      api: { kind: 'http', account: OWN, stages: ['v1'], routes: [route(result)] },
    });
    const response = await fetchAs(aws)(`${aws.apis.api.url}/orders/7?x=1&x=2`);
    expect(response.status).toBe(201);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array([0, 255, 128]));
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(events.at(-1)).toMatchObject({
      version: '1.0',
      resource: 'GET /orders/{id}',
      path: '/v1/orders/7',
      httpMethod: 'GET',
      multiValueQueryStringParameters: { x: ['1', '2'] },
      pathParameters: { id: '7' },
      requestContext: { stage: 'v1', identity: { userArn: CALLER } },
    });
  });

  test('needs a statusCode in the result', async () => {
    await using aws = await startWith({
      api: { kind: 'http', account: OWN, routes: [route({ body: 'x' })] },
    });
    expect((await fetchAs(aws)(`${aws.apis.api.url}/orders/7`)).status).toBe(500);
  });
});

describe('CORS of an HTTP API', () => {
  const SHOP = 'https://shop.example';
  const CORS: CorsDefinition = {
    allowOrigins: [SHOP, 'https://*'],
    allowMethods: ['GET', 'POST'],
    allowHeaders: ['authorization', 'x-amz-date'],
    exposeHeaders: ['x-a'],
    maxAge: 600,
    allowCredentials: true,
  };
  const OF_CORS = /^(?:access-control-|vary$)/;

  async function ask(
    cors: CorsDefinition | undefined,
    init: { method: string; origin?: string; asks?: string },
    routeKey = 'GET /x',
  ): Promise<[number, Record<string, string>]> {
    await using aws = await startWith({
      api: {
        kind: 'http',
        account: OWN,
        ...(cors && { cors }),
        routes: [{ routeKey, authorization: 'NONE', lambda }],
      },
    });
    const response = await fetch(`${aws.apis.api.url}/x`, {
      method: init.method,
      headers: {
        ...(init.origin !== undefined && { origin: init.origin }),
        ...(init.asks !== undefined && { 'access-control-request-method': init.asks }),
      },
    });
    const headers = [...response.headers].filter(([name]) => OF_CORS.test(name));
    return [response.status, Object.fromEntries(headers)];
  }

  test('answers a preflight by itself', async () => {
    expect(await ask(CORS, { method: 'OPTIONS', origin: SHOP, asks: 'GET' })).toEqual([
      204,
      {
        'access-control-allow-origin': SHOP,
        'access-control-allow-methods': 'GET,POST',
        'access-control-allow-headers': 'authorization,x-amz-date',
        'access-control-allow-credentials': 'true',
        'access-control-max-age': '600',
        vary: 'Origin',
      },
    ]);
  });

  test('takes the place of what the function says', async () => {
    expect(await ask(CORS, { method: 'GET', origin: 'https://other.example' })).toEqual([
      200,
      {
        'access-control-allow-origin': 'https://other.example',
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'x-a',
        vary: 'Origin',
      },
    ]);
    expect(await ask({ allowOrigins: ['*'] }, { method: 'GET', origin: SHOP })).toEqual([
      200,
      { 'access-control-allow-origin': '*' },
    ]);
  });

  test('says nothing to an origin that is not allowed, or to none', async () => {
    const origin = 'http://shop.example';
    expect(await ask(CORS, { method: 'OPTIONS', origin, asks: 'GET' })).toEqual([204, {}]);
    expect(await ask(CORS, { method: 'GET', origin })).toEqual([200, {}]);
    expect(await ask(CORS, { method: 'GET' })).toEqual([200, {}]);
  });

  test('is left to the function where there is none, and to a route that takes OPTIONS', async () => {
    expect(await ask(undefined, { method: 'GET', origin: SHOP })).toEqual([
      200,
      { 'access-control-allow-origin': 'mine' },
    ]);
    expect((await ask(undefined, { method: 'OPTIONS', origin: SHOP, asks: 'GET' }))[0]).toBe(404);
    const [status, headers] = await ask(
      CORS,
      { method: 'OPTIONS', origin: SHOP, asks: 'GET' },
      'OPTIONS /x',
    );
    expect([status, headers['access-control-allow-origin']]).toEqual([200, SHOP]);
  });
});
