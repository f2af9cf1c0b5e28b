import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createSigner } from '@sigv4/signer';
import type { LambdaEvent, LocalAws, WebSocketMessage } from '@sigv4/testing';

import { CALLER, INTERN, OWN } from '../world.ts';
import { startWith } from './start.ts';

const events: LambdaEvent[] = [];
const messages: WebSocketMessage[] = [];
let left: PromiseWithResolvers<WebSocketMessage>;
const started = Promise.withResolvers<void>();
let aws: LocalAws;
beforeAll(async () => {
  left = Promise.withResolvers();
  aws = await startWith({
    chat: {
      kind: 'websocket',
      account: OWN,
      id: 'chat123456',
      routes: [
        { routeKey: '$connect', handler: (message) => void messages.push(message) },
        { routeKey: '$disconnect', handler: (message) => left.resolve(message) },
        { routeKey: '$default', handler: ({ body }) => `default: ${body}` },
        { routeKey: 'order', handler: ({ routeKey, caller }) => ({ routeKey, by: caller?.arn }) },
        {
          routeKey: 'later',
          handler: ({ send }) => {
            send('one');
            send('two');
          },
        },
        {
          routeKey: 'lambda',
          lambda: (event) => {
            events.push(event);
            return { statusCode: 200, body: 'from lambda' };
          },
        },
        { routeKey: 'broken', lambda: () => ({ statusCode: 500 }) },
        {
          routeKey: 'never',
          handler: () => {
            started.resolve();
            return new Promise(() => {});
          },
        },
        { routeKey: 'long', handler: ({ body }) => 'x'.repeat(JSON.parse(body).length as number) },
      ],
    },
    open: {
      kind: 'websocket',
      account: OWN,
      routeSelectionExpression: '$request.body.detail.kind',
      routes: [
        { routeKey: '$connect', authorization: 'NONE' },
        { routeKey: 'a', handler: () => 'route a' },
      ],
    },
    asking: {
      kind: 'websocket',
      account: OWN,
      routes: [{ routeKey: '$connect', lambda: (event) => void events.push(event) }],
    },
    refusing: {
      kind: 'websocket',
      account: OWN,
      routes: [{ routeKey: '$connect', lambda: () => ({ statusCode: 401 }) }],
    },
  });
});
afterAll(() => aws.close());

/** Where a client that was allowed to would connect to. */
async function presigned(api = 'chat', user = CALLER, query = ''): Promise<URL> {
  const signer = createSigner({
    credentials: aws.credentialsOf(user),
    service: 'execute-api',
    region: aws.region,
    now: aws.clock.now,
  });
  const url = await signer.presign(`${aws.apis[api]?.url}${query}`, { expiresIn: 60 });
  url.protocol = 'ws:';
  return url;
}

/** A client that has connected, and what it is told, in order. */
async function connected(url: URL | string): Promise<{
  socket: WebSocket;
  ask: (text: string) => Promise<unknown>;
  next: () => Promise<unknown>;
}> {
  const socket = new WebSocket(url);
  const waiting: ((data: unknown) => void)[] = [];
  const told: unknown[] = [];
  socket.addEventListener('message', ({ data }) => {
    const next = waiting.shift();
    if (next) next(data);
    else told.push(data);
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('refused')));
  });
  const next = async (): Promise<unknown> =>
    told.shift() ?? new Promise((resolve) => waiting.push(resolve));
  return {
    socket,
    next,
    ask: (text) => {
      socket.send(text);
      return next();
    },
  };
}

test('a presigned query opens it; messages go by their route key', async () => {
  const { socket, ask, next } = await connected(await presigned());
  expect(await ask('hello')).toBe('default: hello');
  expect(await ask('{"action":"nowhere"}')).toBe('default: {"action":"nowhere"}');
  expect(await ask('{"action":"order"}')).toBe(JSON.stringify({ routeKey: 'order', by: CALLER }));
  expect(await ask('{"action":"later"}')).toBe('one');
  expect(await next()).toBe('two');
  expect(await ask('ä€😀')).toBe('default: ä€😀');
  expect(messages.at(-1)).toMatchObject({
    routeKey: '$connect',
    body: '',
    caller: { arn: CALLER },
  });
  expect(aws.requests.at(-1)).toMatchObject({
    status: 101,
    verdict: 'allowed',
    callerArn: CALLER,
    api: 'chat',
  });
  socket.close();
  expect(await left.promise).toMatchObject({
    routeKey: '$disconnect',
    connectionId: messages.at(-1)?.connectionId,
  });
});

test('a Lambda function gets the event of a WebSocket API', async () => {
  const { socket, ask } = await connected(await presigned());
  expect(await ask('{"action":"lambda"}')).toBe('from lambda');
  expect(events.at(-1)).toMatchObject({
    body: '{"action":"lambda"}',
    isBase64Encoded: false,
    requestContext: {
      apiId: 'chat123456',
      connectionId: messages.at(-1)?.connectionId,
      domainName: 'chat123456.execute-api.eu-west-1.amazonaws.com',
      eventType: 'MESSAGE',
      identity: { userArn: CALLER, sourceIp: '127.0.0.1' },
      routeKey: 'lambda',
      stage: 'prod',
    },
  });
  expect(JSON.parse(String(await ask('{"action":"broken"}')))).toMatchObject({
    message: 'Internal server error',
    connectionId: messages.at(-1)?.connectionId,
  });
  socket.close();
});

test.each([0, 125, 126, 32_768])('messages of %i bytes go both ways', async (length) => {
  const { socket, ask } = await connected(await presigned());
  const text = 'y'.repeat(length);
  expect(await ask(text)).toBe(`default: ${text}`);
  expect(await ask(JSON.stringify({ action: 'long', length }))).toBe('x'.repeat(length));
  socket.close();
});

test.each([65_535, 65_536, 100_000])('answers of %i bytes come', async (length) => {
  const { socket, ask } = await connected(await presigned());
  expect(await ask(JSON.stringify({ action: 'long', length }))).toBe('x'.repeat(length));
  socket.close();
});

test('a message of more than 32 KB in one frame closes the connection, as at API Gateway', async () => {
  const { socket } = await connected(await presigned());
  socket.send('y'.repeat(32_769));
  const [closed] = (await once(socket, 'close')) as [CloseEvent];
  expect(closed.code).toBe(1009);
});

test('the function of $connect is told headers and query', async () => {
  const url = await presigned('asking', CALLER, '?room=a&room=b');
  const { socket } = await connected(url);
  socket.close();
  expect(events.at(-1)).toMatchObject({
    headers: {
      host: 'asking0000.execute-api.eu-west-1.amazonaws.com',
      'X-Forwarded-Proto': 'https',
    },
    queryStringParameters: { room: 'b', 'X-Amz-Algorithm': 'AWS4-HMAC-SHA256' },
    multiValueQueryStringParameters: { room: ['a', 'b'] },
    requestContext: { eventType: 'CONNECT', routeKey: '$connect' },
  });
});

test('a route that never answers is given up after 29 seconds of the clock', async () => {
  const { socket, ask } = await connected(await presigned());
  const answer = ask('{"action":"never"}');
  await started.promise;
  aws.clock.advance('29s');
  expect(JSON.parse(String(await answer))).toMatchObject({ message: 'Endpoint request timed out' });
  socket.close();
});

test('another route selection expression; without a $default route a message is Forbidden', async () => {
  const { socket, ask } = await connected(aws.apis['open']?.url.replace('http', 'ws') ?? '');
  expect(await ask('{"detail":{"kind":"a"}}')).toBe('route a');
  for (const text of ['{"detail":{"kind":"$connect"}}', '{"detail":{"kind":"b"}}', 'x', 'null']) {
    expect(JSON.parse(String(await ask(text)))).toMatchObject({ message: 'Forbidden' });
  }
  socket.close();
});

test.each<[string, () => Promise<URL>, RegExp]>([
  ['unsigned', async () => new URL(aws.apis['chat']?.url.replace('http', 'ws') ?? ''), /Missing/],
  [
    'not allowed',
    () => presigned('chat', INTERN),
    /execute-api:Invoke on resource: .*\/prod\/\$connect$/,
  ],
  [
    'a changed signature',
    async () => {
      const url = await presigned();
      url.searchParams.set('X-Amz-Signature', '0'.repeat(64));
      return url;
    },
    /signature we calculated/,
  ],
  [
    'expired',
    async () => {
      const url = await presigned();
      aws.clock.advance('61s');
      return url;
    },
    /expired/i,
  ],
])('%s: there is no WebSocket', async (_name, url, refusal) => {
  await expect(connected(await url())).rejects.toThrow('refused');
  expect(aws.requests.at(-1)).toMatchObject({
    status: 403,
    verdict: 'refused',
    refusal: expect.stringMatching(refusal),
  });
});

test('a $connect function that says no', async () => {
  await expect(connected(await presigned('refusing'))).rejects.toThrow('refused');
  expect(aws.requests.at(-1)).toMatchObject({
    status: 502,
    failure: 'Error: $connect answered 401',
  });
});

test('a plain request gets an answer, and no upgrade', async () => {
  const url = await presigned();
  url.protocol = 'http:';
  expect((await fetch(url)).status).toBe(403);
});

test('whoever is connected is dropped when it closes', async () => {
  const api = {
    kind: 'websocket',
    account: OWN,
    routes: [{ routeKey: '$connect', authorization: 'NONE' }],
  } as const;
  const local = await startWith({ api });
  const { socket } = await connected(local.apiUrl.replace('http', 'ws'));
  const closed = once(socket, 'close');
  await local.close();
  expect(await closed).toHaveLength(1);
});

describe('RFC 6455, frame by frame', () => {
  const MASK = [1, 2, 3, 4];
  function frame(first: number, payload: Buffer, { masked = true } = {}): Buffer {
    const { length } = payload;
    const size =
      length < 126
        ? [length]
        : length < 65_536
          ? [126, length >> 8, length & 255]
          : [127, 0, 0, 0, 0, 0, (length >> 16) & 255, (length >> 8) & 255, length & 255];
    const [short = 0, ...long] = size;
    const bytes = masked ? payload.map((byte, at) => byte ^ ((at % 4) + 1)) : payload;
    return Buffer.concat([
      Buffer.from([first, short | (masked ? 0x80 : 0), ...long, ...(masked ? MASK : [])]),
      bytes,
    ]);
  }

  const HANDSHAKE = [
    'Host: x',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];

  async function shake(headers: readonly string[]): Promise<[socket: Socket, head: Buffer]> {
    const { port, pathname } = new URL(aws.apis['open']?.url ?? '');
    const socket = createConnection(Number(port), '127.0.0.1');
    socket.write([`GET ${pathname} HTTP/1.1`, ...headers, '', ''].join('\r\n'));
    const [head] = (await once(socket, 'data')) as [Buffer];
    return [socket, head];
  }

  /** A bare socket after the handshake. */
  async function handshaken(): Promise<Socket> {
    const [socket, head] = await shake(HANDSHAKE);
    // The example of RFC 6455, 1.3.
    expect(head.toString()).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    return socket;
  }

  async function answerTo(...frames: Buffer[]): Promise<Buffer> {
    const socket = await handshaken();
    for (const bytes of frames) socket.write(bytes);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return answer;
  }

  const A = Buffer.from('{"detail":{"kind":"a"}}');
  const ROUTE_A = Buffer.concat([Buffer.from([0x81, 7]), Buffer.from('route a')]);
  const closing = (code: number): Buffer => Buffer.from([0x88, 2, code >> 8, code & 255]);

  test.each([
    ['without a key', HANDSHAKE.slice(0, 4)],
    ['with a key that is none', [...HANDSHAKE.slice(0, 4), 'Sec-WebSocket-Key: x']],
    ['of another version', HANDSHAKE.with(3, 'Sec-WebSocket-Version: 8')],
    ['to another protocol', HANDSHAKE.with(1, 'Upgrade: h2c')],
    ['of two hosts', [...HANDSHAKE, 'Host: y']],
  ])('a handshake %s is a bad request', async (_name, headers) => {
    const [socket, head] = await shake(headers);
    expect(head.toString()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    socket.destroy();
  });

  test('who hangs up without a word has left', async () => {
    const socket = await handshaken();
    socket.resume().end();
    expect(await once(socket, 'end')).toEqual([]);
  });

  test('a message in one frame, in pieces, one byte at a time, with a ping between', async () => {
    expect(await answerTo(frame(0x81, A))).toEqual(ROUTE_A);
    expect(
      await answerTo(
        frame(0x01, A.subarray(0, 5)),
        frame(0x00, A.subarray(5, 9)),
        frame(0x80, A.subarray(9)),
      ),
    ).toEqual(ROUTE_A);
    expect(await answerTo(...[...frame(0x81, A)].map((byte) => Buffer.from([byte])))).toEqual(
      ROUTE_A,
    );
    expect(await answerTo(frame(0x01, A.subarray(0, 5)), frame(0x89, Buffer.from('p')))).toEqual(
      Buffer.concat([Buffer.from([0x8a, 1]), Buffer.from('p')]),
    );
  });

  const LONG = Array.from({ length: 3 }, () => frame(0x00, Buffer.alloc(32_768)));

  test.each<[string, Buffer[], number]>([
    ['not masked', [frame(0x81, A, { masked: false })], 1002],
    ['a reserved bit', [frame(0xc1, A)], 1002],
    ['an unknown opcode', [frame(0x83, A)], 1002],
    ['a continuation of nothing', [frame(0x80, A)], 1002],
    ['a new message within one', [frame(0x01, A), frame(0x81, A)], 1002],
    ['a ping in pieces', [frame(0x09, A)], 1002],
    ['a long ping', [frame(0x89, Buffer.alloc(126))], 1002],
    ['binary', [frame(0x82, A)], 1003],
    ['not UTF-8', [frame(0x81, Buffer.from([0xff]))], 1007],
    ['a frame too long', [frame(0x81, Buffer.alloc(32_769))], 1009],
    [
      'too long in pieces',
      [frame(0x01, Buffer.alloc(32_768)), ...LONG, frame(0x80, Buffer.alloc(1))],
      1009,
    ],
    ['a goodbye', [frame(0x88, Buffer.from([0x03, 0xe9]))], 1001],
    ['a goodbye without a code', [frame(0x88, Buffer.alloc(0))], 1000],
    ['a goodbye with a code of its own', [frame(0x88, Buffer.from([0x0f, 0xa0]))], 4000],
    ['a goodbye with half a code', [frame(0x88, Buffer.from([0x03]))], 1002],
    ...[999, 1004, 1005, 1006, 1015, 2999, 5000].map((code): [string, Buffer[], number] => [
      `a goodbye with ${code}, which nobody may send,`,
      [frame(0x88, Buffer.from([code >> 8, code & 255]))],
      1002,
    ]),
  ])('%s closes it', async (_name, frames, code) => {
    expect(await answerTo(...frames)).toEqual(closing(code));
  });
});
