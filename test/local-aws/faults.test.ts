import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { assumeRole } from '@sigv4/credentials';
import { type Fault, type LocalAws } from '@sigv4/testing';

import { CALLER, OWN, ROLE } from '../world.ts';
import { fetchAs, startWith } from './start.ts';

let aws: LocalAws;
let handled: number;
let reached: PromiseWithResolvers<void>;
beforeEach(async () => {
  handled = 0;
  reached = Promise.withResolvers();
  const handler = (): { body: object } => {
    handled += 1;
    reached.resolve();
    return { body: { hello: 'world' } };
  };
  aws = await startWith({
    rest: { account: OWN, routes: [{ method: 'ANY', path: '/x', handler }] },
    http: { kind: 'http', account: OWN, routes: [{ routeKey: 'ANY /x', handler }] },
    url: { kind: 'function-url', account: OWN, handler },
    chat: {
      kind: 'websocket',
      account: OWN,
      routes: [{ routeKey: '$connect', authorization: 'NONE' }],
    },
  });
});
afterEach(() => aws.close());

const call = (api = 'rest', init?: RequestInit): Promise<Response> =>
  fetchAs(aws, CALLER, { service: api === 'url' ? 'lambda' : 'execute-api' })(
    `${aws.apis[api]?.url}/x`,
    init,
  );
const assume = (): Promise<Response> =>
  fetchAs(aws, CALLER, { service: 'sts' })(aws.stsUrl, {
    method: 'POST',
    body: new URLSearchParams({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: ROLE,
      RoleSessionName: 'session',
    }),
  });

test('the next n requests fail, then all is well', async () => {
  aws.faults.next(2, { status: 503 });
  expect([(await call()).status, (await call()).status, (await call()).status]).toEqual([
    503, 503, 200,
  ]);
  expect(handled).toBe(1);
  expect(aws.requests.map(({ verdict, fault }) => [verdict, fault])).toEqual([
    ['faulted', { status: 503 }],
    ['faulted', { status: 503 }],
    ['allowed', undefined],
  ]);
});

describe('in the form of the service', () => {
  test.each<[string, Fault, number, string | null, string]>([
    [
      'rest',
      { throttled: true },
      429,
      'TooManyRequestsException',
      '{"message":"Too Many Requests"}',
    ],
    [
      'rest',
      { status: 500 },
      500,
      'InternalServerErrorException',
      '{"message":"Internal server error"}',
    ],
    [
      'rest',
      { status: 503 },
      503,
      'ServiceUnavailableException',
      '{"message":"Service Unavailable"}',
    ],
    [
      'rest',
      { status: 504 },
      504,
      'InternalServerErrorException',
      '{"message":"Endpoint request timed out"}',
    ],
    ['http', { throttled: true }, 429, null, '{"message":"Too Many Requests"}'],
    ['http', { status: 503 }, 503, null, '{"message":"Service Unavailable"}'],
    ['url', { throttled: true }, 429, 'TooManyRequestsException', 'Rate Exceeded.'],
    ['url', { status: 502 }, 502, 'InternalServerErrorException', 'Internal Server Error'],
  ])('%s, %j', async (api, fault, status, type, body) => {
    aws.faults.next(1, fault, { api });
    const response = await call(api);
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([status, type]);
    expect(await response.text()).toContain(body);
  });

  test.each<[Fault, number, string]>([
    [{ throttled: true }, 400, 'SenderThrottlingRate exceeded'],
    [{ status: 500 }, 500, 'ReceiverInternalFailureAn internal'],
    [{ status: 503 }, 503, 'ReceiverServiceUnavailableService'],
  ])('STS, %j', async (fault, status, xml) => {
    aws.faults.next(1, fault, { service: 'sts' });
    const response = await assume();
    expect(response.status).toBe(status);
    const text = (await response.text()).replaceAll(/<[^>]*>|\n */g, '');
    expect(text).toContain(xml);
    expect((await assume()).status).toBe(200);
  });
});

test('at one service only, and there in order', async () => {
  aws.faults.next(1, { status: 500 }, { api: 'http' });
  aws.faults.next(1, { status: 503 }, { service: 'sts' });
  aws.faults.next(1, { status: 502 });
  expect((await call('rest')).status).toBe(502);
  expect((await call('rest')).status).toBe(200);
  expect((await call('http')).status).toBe(500);
  expect((await assume()).status).toBe(503);
});

test('by a function of the request, until it is ended', async () => {
  const end = aws.faults.when(({ action, body, api }) =>
    action === 'AssumeRole' || (api === 'rest' && Buffer.from(body).toString() === 'bad')
      ? { status: 500 }
      : undefined,
  );
  expect((await assume()).status).toBe(500);
  expect((await call('rest', { method: 'POST', body: 'bad' })).status).toBe(500);
  expect((await call('rest', { method: 'POST', body: 'good' })).status).toBe(200);
  end();
  expect((await assume()).status).toBe(200);
});

test('clear ends all', async () => {
  aws.faults.next(9, { status: 500 });
  aws.faults.when(() => ({ status: 500 }));
  aws.faults.clear();
  expect((await call()).status).toBe(200);
});

describe('dropped connections', () => {
  test.each<[NonNullable<Fault['drop']>, number]>([
    ['before', 0],
    ['after', 1],
  ])('%s the request was carried out', async (drop, times) => {
    aws.faults.next(1, { drop });
    await expect(call()).rejects.toThrow('fetch failed');
    expect(handled).toBe(times);
    expect(aws.requests).toMatchObject([
      { status: 0, verdict: drop === 'before' ? 'faulted' : 'allowed', fault: { drop } },
    ]);
    expect((await call()).status).toBe(200);
  });

  test('during the answer: head and half of the body arrive', async () => {
    aws.faults.next(1, { drop: 'during' });
    const response = await call();
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
    expect(handled).toBe(1);
  });

  test('of an answer without a body', async () => {
    aws.faults.next(1, { drop: 'during', status: 500, headers: { 'x-a': 'b' } });
    const response = await call();
    expect(response.headers.get('x-a')).toBe('b');
    await expect(response.text()).rejects.toThrow('terminated');
  });

  test('of STS', async () => {
    aws.faults.next(1, { drop: 'after' });
    await expect(assume()).rejects.toThrow('fetch failed');
    expect(aws.requests).toMatchObject([{ action: 'AssumeRole', verdict: 'allowed', status: 0 }]);
  });

  test.each(['before', 'after', 'during'] as const)('of a WebSocket, %s', async (drop) => {
    aws.faults.next(1, { drop });
    const socket = new WebSocket(aws.apis['chat']?.url.replace('http', 'ws') ?? '');
    await new Promise((resolve) => socket.addEventListener('close', resolve));
    expect(aws.requests).toHaveLength(1);
  });
});

test('a throttled handshake', async () => {
  aws.faults.next(1, { throttled: true });
  const socket = new WebSocket(aws.apis['chat']?.url.replace('http', 'ws') ?? '');
  await new Promise((resolve) => socket.addEventListener('error', resolve));
  expect(aws.requests).toMatchObject([{ status: 429, verdict: 'faulted' }]);
});

describe('malformed answers', () => {
  test('truncated: a whole HTTP message, and half of its body', async () => {
    aws.faults.next(1, { malformed: 'truncated' });
    const response = await call();
    expect(await response.text()).toBe('{"hello"');
    aws.faults.next(1, { malformed: 'truncated' });
    const xml = await (await assume()).text();
    expect(xml).toMatch(/^<AssumeRoleResponse/);
    expect(xml).not.toContain('</AssumeRoleResponse>');
  });

  test('a body that is neither JSON nor XML', async () => {
    aws.faults.next(1, { malformed: 'body' });
    const response = await call();
    await expect(response.json()).rejects.toThrow(SyntaxError);
    expect(handled).toBe(1);
  });

  test('no HTTP', async () => {
    aws.faults.next(1, { malformed: 'http' });
    await expect(call()).rejects.toThrow('fetch failed');
    expect((await call()).status).toBe(200);
  });
});

test('headers are added, or take the place of others', async () => {
  aws.faults.next(1, { throttled: true, headers: { 'Retry-After': '2', Date: 'never' } });
  const { headers } = await call();
  expect([headers.get('retry-after'), headers.get('date')]).toEqual(['2', 'never']);
});

describe('time', () => {
  test('latency moves the clock, and nobody waits', async () => {
    const before = aws.clock.now();
    aws.faults.next(1, { latency: '29s' });
    aws.faults.next(1, { latency: 500 });
    expect((await call()).status).toBe(200);
    expect(aws.clock.now() - before).toBe(29_000);
    await call();
    expect(aws.clock.now() - before).toBe(29_500);
  });

  test('an answer that never comes can be given up', async () => {
    aws.faults.next(1, { latency: Infinity });
    const controller = new AbortController();
    const answer = call('rest', { signal: controller.signal });
    await reached.promise;
    controller.abort();
    await expect(answer).rejects.toThrow('aborted');
    expect((await call()).status).toBe(200);
  });

  test('skew: the service has another time than the caller', async () => {
    aws.faults.when(() => ({ skew: '6m' }));
    const response = await call();
    expect(await response.json()).toMatchObject({
      message: expect.stringMatching(/^Signature expired: .* - 5 min\.\)/),
    });
    expect(Date.parse(response.headers.get('date') ?? '') - aws.clock.now()).toBeGreaterThan(
      358_000,
    );
    aws.faults.clear();
    aws.faults.when(() => ({ skew: -360_000 }));
    expect(await (await call()).text()).toContain('Signature not yet current');
    // STS takes signatures for 15 minutes.
    expect((await assume()).status).toBe(200);
    aws.faults.clear();
    aws.faults.when(() => ({ skew: '-16m' }));
    expect(await (await assume()).text()).toMatch(/SignatureDoesNotMatch[^]*\+ 15 min\./);
    aws.faults.clear();
    aws.faults.when(() => ({ skew: '16m' }));
    expect(await (await assume()).text()).toMatch(/SignatureDoesNotMatch[^]*- 15 min\./);
    aws.faults.clear();
    aws.faults.when(() => ({ skew: '4m' }));
    expect((await call()).status).toBe(200);
  });

  test('what our clients do about it', async () => {
    aws.faults.when(() => ({ skew: '10m' }));
    const signedFetch = fetchAs(aws, CALLER, { retryRejected: true, clockSkewCorrection: true });
    expect((await signedFetch(`${aws.apiUrl}/x`)).status).toBe(200);
    const role = assumeRole({
      roleArn: ROLE,
      source: aws.credentialsOf(CALLER),
      endpoint: aws.stsUrl,
      region: aws.region,
      now: aws.clock.now,
      // Pauses between attempts, but no time-outs.
      sleep: (ms) => (ms < 5000 ? Promise.resolve() : new Promise(() => {})),
    });
    aws.faults.clear();
    // Three attempts a call.
    aws.faults.next(3, { throttled: true }, { service: 'sts' });
    await expect(role()).rejects.toThrow(/Throttling/);
    aws.faults.next(2, { throttled: true }, { service: 'sts' });
    expect((await role()).accessKeyId).toMatch(/^ASIA/);
  });
});

test.each<[() => unknown, RegExp]>([
  [() => aws.faults.next(0, { status: 500 }), /expected how many requests, got 0/],
  [() => aws.faults.next(1.5, { status: 500 }), /expected how many requests/],
  [() => aws.faults.next(1, {}), /expected a fault/],
  [
    () => aws.faults.next(1, { statusCode: 500 } as Fault),
    /there is no statusCode; there are status/,
  ],
  [() => aws.faults.next(1, { status: 200 }), /from 400 to 599/],
  [() => aws.faults.next(1, { latency: 'soon' }), /expected ms or a text such as '55m'/],
  [() => aws.faults.next(1, { latency: -1 }), /must not be negative/],
  [() => aws.faults.next(1, { drop: 'befor' } as never), /drop must be 'before', .* got befor/],
  [() => aws.faults.next(1, { malformed: 'xml' } as never), /malformed must be .* got xml/],
  [
    () => aws.faults.next(1, { status: 500 }, { service: 'rest' } as never),
    /got {"service":"rest"}/,
  ],
  [
    () => aws.faults.next(1, { status: 500 }, {} as never),
    /expected { service: 'sts' } or { api }/,
  ],
  [() => aws.faults.next(1, { status: 500 }, { api: 'nobody' }), /there is no API nobody/],
])('misuse %# is told at once', (misuse, message) => {
  expect(misuse).toThrow(message);
});

test('a function that gives no fault is told in the answer', async () => {
  aws.faults.when(() => ({ statuscode: 500 }) as Fault);
  const response = await call();
  expect([response.status, await response.text()]).toEqual([
    500,
    expect.stringContaining('there is no statuscode'),
  ]);
});
