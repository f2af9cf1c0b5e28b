import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { json } from 'node:stream/consumers';

import { afterAll, beforeEach, beforeAll, describe, expect, test } from 'vitest';

import type { LocalAws } from '@sigv4/testing';

import { CALLER, INTERN, OWN } from '../world.ts';
import { fetchAs, startWith } from './start.ts';

let aws: LocalAws<'orders'>;
beforeAll(async () => {
  const routes = [{ method: 'ANY', path: '/{proxy+}', handler: () => ({}) }];
  aws = await startWith({ orders: { account: OWN, routes } });
});
afterAll(() => aws.close());
beforeEach(() => {
  aws.requests.length = 0;
});

function local(path: string, method = 'GET', body?: unknown): Promise<Response> {
  return fetch(`${aws.stsUrl}/_local/${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

test('health tells that it listens, and where', async () => {
  expect(await (await local('health')).json()).toEqual({
    status: 'ok',
    region: 'eu-west-1',
    apis: { orders: aws.apis.orders.url },
  });
});

test('requests are told without secrets, and forgotten', async () => {
  const presigned = '?X-Amz-Signature=very-secret&X-Amz-Security-Token=very-secret&a=b';
  await fetch(`${aws.apis.orders.url}/x${presigned}`);
  const wrong = {
    ...aws.credentialsOf(CALLER),
    secretAccessKey: 'wrong',
    sessionToken: 'very-secret',
  };
  await fetchAs(aws, CALLER, { credentials: wrong })(`${aws.apis.orders.url}/y`);
  await fetchAs(aws, INTERN)(`${aws.apis.orders.url}/z`);
  const text = await (await local('requests')).text();
  expect(text).not.toContain('very-secret');
  expect(JSON.parse(text)).toMatchObject([
    { path: '/prod/x', query: expect.stringContaining('a=b'), verdict: 'refused' },
    {
      path: '/prod/y',
      status: 403,
      because: expect.stringMatching(/^no usual mistake/),
      comparison: expect.stringContaining('/prod/y'),
    },
    {
      method: 'GET',
      api: 'orders',
      path: '/prod/z',
      query: '',
      verdict: 'refused',
      callerArn: INTERN,
      refusal: expect.stringContaining('is not authorized'),
      because: expect.stringContaining('identity policies'),
    },
  ]);
  expect((await local('requests', 'DELETE')).status).toBe(204);
  expect(aws.requests).toEqual([]);
});

test('the clock is told, and moved', async () => {
  const before = aws.clock.now();
  expect(await (await local('clock')).json()).toEqual({ now: new Date(before).toISOString() });
  await local('clock', 'POST', { advance: '1h' });
  expect(aws.clock.now()).toBe(before + 3_600_000);
  expect(await (await local('clock', 'POST', { set: '2026-01-02T03:04:05Z' })).json()).toEqual({
    now: '2026-01-02T03:04:05.000Z',
  });
  aws.clock.set(before);
});

test('faults are asked for, and taken back', async () => {
  const fault = { status: 503 };
  const scope = { api: 'orders' };
  const call = async (): Promise<number> => (await fetchAs(aws)(`${aws.apis.orders.url}/x`)).status;
  expect((await local('faults', 'POST', { fault, scope })).status).toBe(204);
  expect([await call(), await call()]).toEqual([503, 200]);
  await local('faults', 'POST', { count: 5, fault });
  await local('faults', 'DELETE');
  expect(await call()).toBe(200);
  await local('faults', 'POST', { count: 5, fault });
  await local('reset', 'POST');
  expect(aws.requests).toEqual([]);
  expect(await call()).toBe(200);
});

test.each<[string, string, unknown, number, RegExp]>([
  ['clock', 'POST', {}, 400, /expected \{ .*advance/],
  ['clock', 'POST', { set: 'soon' }, 400, /soon is not a date/],
  ['clock', 'POST', { set: null }, 400, /set: expected a text, got null/],
  ['clock', 'POST', { advance: '5m', st: 1 }, 400, /there is no st; there are advance, set/],
  ['clock', 'POST', null, 400, /expected an object, got null/],
  ['faults', 'POST', { fault: { status: 503 }, socpe: {} }, 400, /did you mean scope\?/],
  ['reset', 'POST', { clock: false }, 400, /there is no clock/],
  ['credentials/%E0%A4', 'GET', undefined, 404, /not found/],
  ['clock', 'POST', { advance: 'soon' }, 400, /expected ms or a text/],
  ['faults', 'POST', { fault: { statusCode: 1 } }, 400, /there is no statusCode/],
  ['faults', 'POST', { fault: { status: 503 }, scope: { api: 'x' } }, 400, /there is no API x/],
  ['nothing', 'GET', undefined, 404, /there is no GET \/_local\/nothing/],
  ['requests', 'POST', {}, 404, /there is no POST/],
])('%s %s %j is refused', async (path, method, body, status, message) => {
  const response = await local(path, method, body);
  expect(response.status).toBe(status);
  expect(await response.text()).toMatch(message);
});

describe('a page of another origin', () => {
  async function ask(headers: Record<string, string>): Promise<number | undefined> {
    const sent = httpRequest(`${aws.stsUrl}/_local/reset`, { method: 'POST', headers }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  }

  test('may do nothing, by its own name or by one that leads here', async () => {
    const { host } = new URL(aws.stsUrl);
    expect(await ask({ origin: `http://${host}` })).toBe(204);
    expect(await ask({ origin: 'https://evil.example' })).toBe(403);
    expect(await ask({ origin: 'null' })).toBe(403);
    expect(await ask({ host: 'evil.example' })).toBe(403);
    expect(await ask({ host: 'localhost:4580' })).toBe(204);
  });

  test('the page shows texts as texts, and loads nothing from elsewhere', async () => {
    const response = await local('');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
    const page = await response.text();
    expect(page).toContain('/_local/requests');
    expect(page).not.toMatch(/innerHTML|https?:\/\//);
  });
});

test('where it listens for others, it may be asked by any name', async () => {
  await using open = await startWith({}, { host: '0.0.0.0' });
  const sent = httpRequest(`${open.stsUrl}/_local/health`, {
    headers: { host: 'local-aws' },
  }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  expect(await json(response)).toMatchObject({ status: 'ok' });
});

test('none of it is among the requests', async () => {
  await local('health');
  expect(aws.requests).toEqual([]);
});
