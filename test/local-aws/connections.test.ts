import { once } from 'node:events';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startLocalAws, type LambdaEvent, type LocalAws } from '@sigv4/testing';

import { allow, CALLER, INTERN, OWN } from '../world.ts';
import { fetchAs } from './start.ts';

const events: LambdaEvent[] = [];
let aws: LocalAws<'chat' | 'other'>;
beforeAll(async () => {
  const lambda = (event: LambdaEvent): object => {
    events.push(event);
    return { statusCode: 200, body: 'ok' };
  };
  const routes = [
    { routeKey: '$connect', authorization: 'NONE' as const, lambda },
    { routeKey: '$default', lambda },
  ];
  aws = await startLocalAws({
    accounts: {
      [OWN]: {
        users: {
          'order-service': {
            policies: [
              allow(
                'execute-api:ManageConnections',
                'arn:aws:execute-api:*:*:chat000000/*/*/@connections/*',
              ),
              allow('execute-api:Invoke'),
            ],
          },
          intern: { policies: [allow('execute-api:Invoke')] },
        },
      },
    },
    apis: {
      chat: { kind: 'websocket', account: OWN, stages: ['prod', 'dev'], routes },
      other: { kind: 'websocket', account: OWN, routes },
    },
  });
});
afterAll(() => aws.close());

interface Client {
  readonly socket: WebSocket;
  readonly connectionId: string;
  readonly told: () => Promise<string>;
}

async function connect(): Promise<Client> {
  const socket = new WebSocket(aws.apis.chat.url.replace('http', 'ws'));
  await once(socket, 'open');
  const [event] = events.slice(-1) as [LambdaEvent & { requestContext: { connectionId: string } }];
  const { connectionId } = event.requestContext;
  const told = async (): Promise<string> => {
    const [{ data }] = (await once(socket, 'message')) as [MessageEvent];
    return String(data);
  };
  return { socket, connectionId, told };
}

function manage(connectionId: string, init?: RequestInit, user = CALLER): Promise<Response> {
  const id = encodeURIComponent(connectionId);
  return fetchAs(aws, user)(`${aws.apis.chat.url}/@connections/${id}`, init);
}

test.each(['@', '%40'])('POST sends to the client, by a path with %s', async (at) => {
  const { socket, connectionId, told } = await connect();
  const message = told();
  const url = `${aws.apis.chat.url}/${at}connections/${encodeURIComponent(connectionId)}`;
  const response = await fetchAs(aws)(url, { method: 'POST', body: '{"hat":"ä"}' });
  expect([response.status, await response.text()]).toEqual([200, '']);
  expect(await message).toBe('{"hat":"ä"}');
  socket.close();
});

test('GET tells of the client', async () => {
  const { socket, connectionId, told } = await connect();
  const connectedAt = new Date(aws.clock.now()).toISOString();
  aws.clock.advance('10s');
  const answer = told();
  socket.send('hello');
  await answer;
  expect(await (await manage(connectionId)).json()).toEqual({
    connectedAt,
    identity: { sourceIp: '127.0.0.1', userAgent: expect.any(String) },
    lastActiveAt: new Date(aws.clock.now()).toISOString(),
  });
  socket.close();
});

test('DELETE ends the connection, and then the client is gone', async () => {
  const { socket, connectionId } = await connect();
  const closed = once(socket, 'close');
  expect((await manage(connectionId, { method: 'DELETE' })).status).toBe(204);
  await closed;
  for (const method of ['POST', 'GET', 'DELETE']) {
    const response = await manage(connectionId, { method });
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([
      410,
      'GoneException',
    ]);
  }
});

describe('who may', () => {
  test('only who is allowed ManageConnections on it', async () => {
    const { socket, connectionId } = await connect();
    const response = await manage(connectionId, { method: 'POST', body: 'x' }, INTERN);
    expect(response.status).toBe(403);
    expect(await response.text()).toMatch(
      /intern is not authorized to perform: execute-api:ManageConnections on resource: .*\/prod\/POST\/@connections\//,
    );
    expect(aws.requests.at(-1)?.because).toMatch(/another action: it is for execute-api:Invoke/);
    const unsigned = await fetch(`${aws.apis.chat.url}/@connections/${connectionId}`);
    expect(unsigned.status).toBe(403);
    socket.close();
  });

  test('not on another API, nor in another stage', async () => {
    const { socket, connectionId } = await connect();
    const id = encodeURIComponent(connectionId);
    const call = fetchAs(aws);
    expect((await call(`${aws.apis.other.url}/@connections/${id}`)).status).toBe(403);
    const dev = aws.apis.chat.url.replace('/prod', '/dev');
    expect((await call(`${dev}/@connections/${id}`)).status).toBe(410);
    socket.close();
  });
});

test.each([
  ['not%20an%20id', 'POST', 400, 'BadRequestException'],
  ['bm9ib2R5=', 'POST', 410, 'GoneException'],
  ['bm9ib2R5=', 'PATCH', 410, 'GoneException'],
])('%s, %s: %i', async (id, method, status, type) => {
  const response = await fetchAs(aws)(`${aws.apis.chat.url}/@connections/${id}`, { method });
  expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([status, type]);
});

test('a message of more than 128 KB is refused', async () => {
  const { socket, connectionId } = await connect();
  const response = await manage(connectionId, { method: 'POST', body: 'x'.repeat(131_073) });
  expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([
    413,
    'PayloadTooLargeException',
  ]);
  socket.close();
});
