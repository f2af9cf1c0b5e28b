import { setupServer } from 'msw/node';
import { http, HttpResponse } from 'msw';
import axios from 'axios';
import ky from 'ky';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import { assumeRole } from '@sigv4/credentials';
import { sigv4Hooks } from '@sigv4/ky';
import { mswAws, type MswAws } from '@sigv4/testing/msw';

import { CALLER, INTERN, OTHER, OWN, ROLE } from '../world.ts';
import { ACCOUNTS, fetchAs } from './start.ts';

const HOST = 'https://abc123.execute-api.eu-west-1.amazonaws.com';
const server = setupServer();
let aws: MswAws;

beforeAll(() => server.listen({ onUnhandledFrame: 'error' } as object));
afterAll(() => server.close());
afterEach(() => server.resetHandlers());
beforeEach(() => {
  aws = mswAws({
    accounts: ACCOUNTS,
    apis: {
      orders: {
        account: OWN,
        id: 'abc123',
        routes: [
          { method: 'ANY', path: '/{proxy+}' },
          { method: 'GET', path: '/own', handler: ({ caller }) => ({ body: caller?.arn }) },
        ],
      },
      other: { account: OTHER, id: 'def456', routes: [{ method: 'ANY', path: '/{proxy+}' }] },
      http: {
        kind: 'http',
        account: OWN,
        domainName: 'api.example.com',
        routes: [{ routeKey: '$default' }],
      },
      url: { kind: 'function-url', account: OWN, id: 'url1' },
    },
  });
  server.use(
    ...aws.handlers,
    http.all(`${HOST}/prod/orders`, async ({ request }) =>
      HttpResponse.json({ got: await request.text() }),
    ),
    http.get('https://def456.execute-api.eu-west-1.amazonaws.com/prod/stock', () =>
      HttpResponse.json({ stock: 3 }),
    ),
    http.get('https://api.example.com/x', () => HttpResponse.text('http')),
    http.get('https://url1.lambda-url.eu-west-1.on.aws/', () => HttpResponse.text('lambda')),
    http.get('https://else.example.com/', () => HttpResponse.text('untouched')),
  );
});

test('what is in order falls through to the own handlers, with its body', async () => {
  const signedFetch = fetchAs(aws);
  const response = await signedFetch(`${HOST}/prod/orders`, { method: 'POST', body: 'ä' });
  expect(await response.json()).toEqual({ got: 'ä' });
  expect(aws.requests).toMatchObject([
    { api: 'orders', verdict: 'allowed', callerArn: CALLER, method: 'POST' },
  ]);
  expect(await (await signedFetch('https://api.example.com/x')).text()).toBe('http');
  const lambda = await fetchAs(aws, CALLER, { service: 'lambda' })(
    'https://url1.lambda-url.eu-west-1.on.aws/',
  );
  expect(await lambda.text()).toBe('lambda');
});

test('what AWS would refuse is refused as AWS does', async () => {
  const unsigned = await fetch(`${HOST}/prod/orders`);
  expect([unsigned.status, await unsigned.json()]).toEqual([
    403,
    { message: 'Missing Authentication Token' },
  ]);
  expect(unsigned.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
  const denied = await fetchAs(aws, INTERN)(`${HOST}/prod/orders`);
  expect(await denied.text()).toContain(`User: ${INTERN} is not authorized`);
  const credentials = { ...aws.credentialsOf(CALLER), secretAccessKey: 'wrong' };
  const wrong = await fetchAs(aws, CALLER, { credentials })(`${HOST}/prod/orders`);
  expect(wrong.headers.get('x-amzn-errortype')).toBe('InvalidSignatureException');
  expect((await fetchAs(aws)(`${HOST}/dev/orders`)).status).toBe(403);
});

test('a route with a handler answers by itself', async () => {
  expect(await (await fetchAs(aws)(`${HOST}/prod/own`)).text()).toBe(CALLER);
});

test('other hosts are not ours', async () => {
  expect(await (await fetch('https://else.example.com/')).text()).toBe('untouched');
  expect(aws.requests).toEqual([]);
});

test('STS is ready: a role is assumed, used, expires, and is assumed again', async () => {
  const credentials = assumeRole({
    roleArn: ROLE,
    source: aws.credentialsOf(CALLER),
    region: aws.region,
    now: aws.clock.now,
  });
  const signedFetch = fetchAs(aws, CALLER, { credentials });
  const call = async (): Promise<unknown> =>
    (await signedFetch('https://def456.execute-api.eu-west-1.amazonaws.com/prod/stock')).json();
  expect(await call()).toEqual({ stock: 3 });
  aws.clock.advance('1h');
  expect(await call()).toEqual({ stock: 3 });
  expect(aws.requests.map(({ action, api }) => action ?? api)).toEqual([
    'AssumeRole',
    'other',
    'AssumeRole',
    'other',
  ]);
  expect(aws.requests.at(-1)?.callerArn).toMatch(/assumed-role\/orders-invoke\//);
});

describe('each client', () => {
  const signing = (): object => ({ credentials: aws.credentialsOf(CALLER), now: aws.clock.now });

  test.each(['http', 'fetch'] as const)('axios, %s adapter', async (adapter) => {
    const instance = axios.create({ adapter });
    instance.interceptors.request.use(sigv4Interceptor(signing()));
    const { data } = await instance.post<unknown>(`${HOST}/prod/orders?b=2&a=%C3%A4`, { n: 1 });
    expect(data).toEqual({ got: '{"n":1}' });
  });

  test('ky', async () => {
    const api = ky.extend({ hooks: sigv4Hooks(signing()) });
    expect(await api.post(`${HOST}/prod/orders`, { json: { n: 1 } }).json()).toEqual({
      got: '{"n":1}',
    });
  });
});

test('faults: errors, throttling, and connections that break', async () => {
  aws.faults.next(1, { throttled: true });
  expect((await fetchAs(aws)(`${HOST}/prod/orders`)).status).toBe(429);
  for (const fault of [{ drop: 'before' }, { drop: 'after' }, { malformed: 'http' }] as const) {
    aws.faults.next(1, fault);
    await expect(fetchAs(aws)(`${HOST}/prod/orders`)).rejects.toThrow(TypeError);
  }
  aws.faults.next(1, { skew: '10m' });
  expect(await (await fetchAs(aws)(`${HOST}/prod/orders`)).text()).toContain('Signature expired');
});

test('a WebSocket API is not for MSW', () => {
  expect(() =>
    mswAws({
      accounts: { [OWN]: {} },
      apis: { chat: { kind: 'websocket', account: OWN, routes: [] } },
    }),
  ).toThrow(/use startLocalAws/);
});
