import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';

import { describe, expect, test, vi } from 'vitest';

import { createSigner } from '@sigv4/signer';
import {
  createClock,
  createRunningClock,
  verifySignature,
  type ApiDefinition,
  type LambdaEvent,
  type TestClock,
} from '@sigv4/testing';

import { hash, NOW, signHeaders } from '../../packages/testing/test/sign-by-hand.ts';
import { CALLER, OWN, policy } from '../world.ts';
import { startWith } from './start.ts';

const OPEN = policy({ Effect: 'Allow', Principal: '*', Action: 'lambda:*', Resource: '*' });

/** The same function behind an open REST API, an open HTTP API and an open function URL. */
function apisOf(lambda: () => unknown): Record<'rest' | 'http' | 'url', ApiDefinition> {
  const open = { authorization: 'NONE', lambda } as const;
  return {
    rest: { account: OWN, routes: [{ method: 'ANY', path: '/{proxy+}', ...open }] },
    http: { kind: 'http', account: OWN, routes: [{ routeKey: '$default', ...open }] },
    url: { kind: 'function-url', account: OWN, resourcePolicy: OPEN, ...open },
  };
}

describe('a body that is too long', () => {
  test.each([
    ['rest', 10_485_760, 'HTTP content length exceeded 10485760 bytes.'],
    ['http', 10_485_760, 'HTTP content length exceeded 10485760 bytes.'],
    [
      'url',
      6_291_456,
      '{"Message":"Request must be smaller than 6291456 bytes for the InvokeFunction operation"}',
    ],
  ] as const)('%s: is refused beyond %i bytes', async (kind, longest, message) => {
    await using aws = await startWith(apisOf(() => ({ statusCode: 200, body: 'in' })));
    const send = async (length: number): Promise<[number, string]> => {
      const response = await fetch(`${aws.apis[kind].url}/x`, {
        method: 'POST',
        body: new Uint8Array(length),
      });
      return [response.status, await response.text()];
    };
    expect(await send(longest)).toEqual([200, 'in']);
    expect(await send(longest + 1)).toEqual([413, message]);
    expect(aws.requests.at(-1)).toMatchObject({ verdict: 'refused', status: 413 });
  });
});

describe('an integration that never answers', () => {
  const LATE = [
    ['rest', '29s', 504, '{"message":"Endpoint request timed out"}'],
    ['http', '30s', 503, '{"message":"Service Unavailable"}'],
    ['url', '15m', 504, 'Internal Server Error'],
  ] as const;

  test.each(LATE)('%s: is given up after %s of the clock', async (kind, limit, status, body) => {
    const begun = Promise.withResolvers<void>();
    await using aws = await startWith(
      apisOf(() => {
        begun.resolve();
        return new Promise(() => {});
      }),
    );
    const answer = fetch(`${aws.apis[kind].url}/x`);
    await begun.promise;
    expect(aws.requests).toMatchObject([{ verdict: 'pending', status: 0 }]);
    expect(String(aws.requests[0])).toMatch(/^GET \w+ \/\S* → pending$/);
    aws.clock.advance(limit);
    const response = await answer;
    expect([response.status, await response.text()]).toEqual([status, body]);
    expect(aws.requests).toMatchObject([
      { verdict: 'allowed', status, failure: expect.stringContaining('did not answer within') },
    ]);
  });

  test('one that answers in time answers, also if the clock moves while it works', async () => {
    const begun = Promise.withResolvers<void>();
    const done = Promise.withResolvers<object>();
    await using aws = await startWith(
      apisOf(() => {
        begun.resolve();
        return done.promise;
      }),
    );
    const answer = fetch(`${aws.apis.rest.url}/x`);
    await begun.promise;
    aws.clock.advance('28s');
    done.resolve({ statusCode: 200, body: 'in time' });
    expect(await (await answer).text()).toBe('in time');
    // The alarm is gone with the answer.
    aws.clock.advance('1h');
  });

  test('a function that moves the clock itself, and then answers, has answered', async () => {
    const moved: { clock?: TestClock } = {};
    await using aws = await startWith(
      apisOf(async () => {
        moved.clock?.advance('1h');
        return { statusCode: 200, body: 'moved' };
      }),
    );
    moved.clock = aws.clock;
    for (const kind of ['rest', 'http', 'url'] as const) {
      expect(await (await fetch(`${aws.apis[kind].url}/x`)).text()).toBe('moved');
    }
  });
});

describe('alarms', () => {
  test('of a clock that stands still ring once, when it is moved to their time or beyond', () => {
    const clock = createClock(0);
    const rung: string[] = [];
    clock.at(1000, () => rung.push('a'));
    clock.at(3000, () => rung.push('b'));
    clock.at(2000, () => rung.push('never'))();
    clock.advance(999);
    expect(rung).toEqual([]);
    clock.set(1000);
    clock.set(5000);
    clock.set(9000);
    expect(rung).toEqual(['a', 'b']);
  });

  test('of a clock that runs ring by themselves, and when it is moved', () => {
    vi.useFakeTimers({ now: 0 });
    try {
      const clock = createRunningClock();
      const rung: string[] = [];
      clock.at(1000, () => rung.push('a'));
      clock.at(100_000, () => rung.push('b'));
      clock.at(1500, () => rung.push('never'))();
      clock.at(3 * 2 ** 31, () => rung.push('late'));
      vi.advanceTimersByTime(2000);
      expect(rung).toEqual(['a']);
      clock.advance('2m');
      vi.advanceTimersByTime(0);
      expect(rung).toEqual(['a', 'b']);
      vi.advanceTimersByTime(3 * 2 ** 31);
      expect(rung).toEqual(['a', 'b', 'late']);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('SigV4a', () => {
  test.each([
    ['rest', 200],
    ['http', 403],
    ['websocket', 403],
  ] as const)('a call of a %s API gets a %i', async (kind, status) => {
    const handler = (): object => ({});
    await using aws = await startWith({
      rest: { account: OWN, routes: [{ method: 'GET', path: '/x', handler }] },
      http: { kind: 'http', account: OWN, routes: [{ routeKey: 'GET /x', handler }] },
      websocket: { kind: 'websocket', account: OWN, routes: [{ routeKey: '$connect' }] },
    });
    const url = `${aws.apis[kind].url}${kind === 'websocket' ? '' : '/x'}`;
    const signed = await createSigner({
      credentials: aws.credentialsOf(CALLER),
      service: 'execute-api',
      region: '*',
      algorithm: 'sigv4a',
      now: aws.clock.now,
    }).sign({ method: 'GET', url });
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const sent = httpRequest(url, {
      headers: { ...signed.headers, ...(kind === 'websocket' && upgrade) },
    }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(status);
    expect(aws.requests.at(-1)?.refusal).toBe(
      status === 200 ? undefined : "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.",
    );
  });
});

test.each<[string, readonly string[] | undefined, string, string]>([
  ['no binary media types', undefined, 'image/png', 'AP+A'],
  ['another one', ['audio/*'], 'image/png', 'AP+A'],
  ['that of the first Accept', ['image/*'], 'image/png, text/html', 'decoded'],
  ['that of a later Accept', ['image/*'], 'text/html, image/png', 'AP+A'],
  ['all', ['*/*'], 'text/html', 'decoded'],
])('a REST API with %s: a result in Base64', async (_name, types, accept, wanted) => {
  const lambda = (): object => ({ statusCode: 200, body: 'AP+A', isBase64Encoded: true });
  await using aws = await startWith({
    api: {
      account: OWN,
      routes: [{ method: 'GET', path: '/x', authorization: 'NONE', lambda }],
      ...(types && { binaryMediaTypes: types }),
    },
  });
  const response = await fetch(`${aws.apis.api.url}/x`, { headers: { accept } });
  const bytes = new Uint8Array(await response.arrayBuffer());
  expect(bytes).toEqual(
    wanted === 'decoded' ? new Uint8Array([0, 255, 128]) : new TextEncoder().encode(wanted),
  );
});

test.each([
  ['Fri, 02 Jan 2026 03:04:05 GMT', true],
  ['Fri, 02 Jan 2026 03:24:05 GMT', false],
  ['02 Jan 2026 03:04:05', false],
])('a signature with the header `Date: %s` in the place of X-Amz-Date: %s', async (date, ok) => {
  const signing = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'secret',
    region: 'eu-west-1',
    service: 'sts',
  };
  const raw = {
    method: 'GET',
    target: '/',
    rawHeaders: [
      ['Host', 'sts.eu-west-1.amazonaws.com'],
      ['Date', date],
    ] as const,
    body: new Uint8Array(),
  };
  const { request } = signHeaders(raw, signing, {
    canonicalHeaders: { date, host: 'sts.eu-west-1.amazonaws.com' },
    payload: hash(''),
  });
  const key = { secretAccessKey: 'secret', sessionToken: undefined, expiresAt: undefined };
  const verdict = verifySignature(request, { ...signing, keys: () => key, now: () => NOW });
  expect(verdict.ok).toBe(ok);
});

test.each<[unknown, RegExp]>([
  [
    { statusCode: 404 },
    /returned statusCode; a Lambda function returns statusCode, and is given as `lambda`/,
  ],
  [{ status: 404, header: {} }, /returned header/],
  [new Response('x', { status: 404 }), /returned something else/],
  ['not found', /returned something else/],
  [undefined, /returned something else/],
])('a handler that returns %j has not answered 200', async (returned, message) => {
  const handler = (): never => returned as never;
  await using aws = await startWith({
    rest: { account: OWN, routes: [{ method: 'GET', path: '/x', authorization: 'NONE', handler }] },
  });
  const response = await fetch(`${aws.apis.rest.url}/x`);
  expect(response.status).toBe(500);
  expect(await response.text()).toMatch(/a handler must return \{ status\?, headers\?, body\? \}/);
  expect(aws.requests[0]?.failure).toMatch(message);
});

describe('what a function is told of the request', () => {
  test.each(['rest', 'http', 'url'] as const)(
    '%s: as a proxy in front of it tells it',
    async (kind) => {
      const events: LambdaEvent[] = [];
      await using aws = await startWith(
        apisOf(((event: LambdaEvent) => {
          events.push(event);
          return { statusCode: 200, body: '' };
        }) as () => unknown),
      );
      await fetch(`${aws.apis[kind].url}/x`, { headers: { 'x-forwarded-for': '198.51.100.1' } });
      const [event] = events;
      const headers = new Map(
        Object.entries(event?.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
      );
      expect(headers.get('host')).toBe(new URL(aws.apis[kind].hostUrl).host);
      expect(headers.get('x-forwarded-for')).toBe('198.51.100.1, 127.0.0.1');
      expect(headers.get('x-forwarded-port')).toBe('443');
      expect(headers.get('x-forwarded-proto')).toBe('https');
      expect(event?.requestContext).toMatchObject({
        accountId: kind === 'url' ? 'anonymous' : OWN,
      });
    },
  );
});
