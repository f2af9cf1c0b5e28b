import { once } from 'node:events';
import https from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { startLocalAws } from '@sigv4/testing';

import type { PostAnswer } from '../src/sts/fetch-post.ts';
import { httpsPost } from '../src/sts/https-post.ts';

let server: Server;
let url: string;
/** What each connection is answered, in pieces; `null` ends it. */
let script: readonly (Buffer | string | null)[];
let received: string;
let socket: Socket;

beforeEach(async () => {
  received = '';
  server = createServer((accepted) => {
    socket = accepted;
    accepted.on('error', () => {});
    accepted.once('data', (data) => {
      received += data.toString('latin1');
      void answer(accepted);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sts?a=b`;
});
afterEach(() => {
  socket?.destroy();
  server.close();
});

async function answer(to: Socket): Promise<void> {
  for (const piece of script) {
    if (piece === null) to.destroy();
    else to.write(piece);
    // Each in a packet of its own.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function post(signal = new AbortController().signal, body = 'ä=1'): Promise<PostAnswer> {
  return httpsPost(url, { 'x-a': 'b' }, body, { signal, maxLength: 1000 });
}

/** `once` would tell of its error. */
async function closed(connection: Socket): Promise<void> {
  if (!connection.closed) await new Promise((resolve) => connection.on('close', resolve));
}

test('what is sent, and an answer whose characters came in pieces', async () => {
  const body = Buffer.from('äöü€');
  script = [
    `HTTP/1.1 200 OK\r\nDate: x\r\nX-Twice: 1\r\nX-Twice: 2\r\nContent-Length: ${body.length}\r\n\r\n`,
    body.subarray(0, 1),
    body.subarray(1, 8),
    body.subarray(8),
  ];
  const { status, headers, text } = await post();
  expect({ status, text }).toEqual({ status: 200, text: 'äöü€' });
  expect(['date', 'x-twice', 'age'].map((name) => headers.get(name))).toEqual(['x', '1, 2', null]);
  expect(received).toMatch(/^POST \/sts\?a=b HTTP\/1\.1\r\n/);
  expect(received).toMatch(/\r\nx-a: b\r\ncontent-length: 4\r\naccept-encoding: identity\r\n/);
  expect(received).toMatch(/\r\nConnection: close\r\n/i);
  expect(received).toMatch(/\r\n\r\n\u00c3\u00a4=1$/);
});

test('a redirect is an answer', async () => {
  script = ['HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n'];
  const { status, headers } = await post();
  expect({ status, location: headers.get('location') }).toEqual({
    status: 302,
    location: 'http://127.0.0.1:1/',
  });
});

test('an answer that is too long is let go', async () => {
  script = ['HTTP/1.1 200 OK\r\n\r\n', ...Array.from({ length: 20 }, () => ' '.repeat(100))];
  const { status, text } = await post();
  expect({ status, text }).toEqual({ status: 200, text: '' });
  await closed(socket);
});

test.each([
  ['before it begins', [null], 'ECONNRESET'],
  ['in its head', ['HTTP/1.1 200', null], 'ECONNRESET'],
  ['in its body', ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<R>', null], 'ECONNRESET'],
  ['by what is not HTTP', ['SSH-2.0\r\n', null], expect.stringMatching(/^HPE_/)],
])('an answer that breaks off %s is a fault', async (_, pieces, code) => {
  script = pieces;
  await expect(post()).rejects.toMatchObject({ code });
});

test('nobody listens', async () => {
  server.close();
  await once(server, 'close');
  await expect(post()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test.each([
  ['before the answer', []],
  ['in the midst of it', ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<R>']],
])('aborted %s: the connection is closed', async (_, pieces) => {
  script = pieces;
  const controller = new AbortController();
  const posting = post(controller.signal);
  const [accepted] = (await once(server, 'connection')) as [Socket];
  await once(accepted, 'data');
  await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  await expect(posting).rejects.toMatchObject({ name: 'AbortError' });
  await closed(accepted);
});

test('what comes behind a whole answer is of no interest', async () => {
  script = ['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<R/>\njunk', null];
  expect(await post()).toMatchObject({ status: 200, text: '<R/>' });
});

test('another protocol is no answer', async () => {
  script = ['HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'];
  await expect(post()).rejects.toThrow('closed without an answer');
});

test('a connection is used once, even if the server would keep it', async () => {
  script = ['HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n'];
  await post();
  await closed(socket);
  const first = socket;
  await post();
  expect(socket).not.toBe(first);
});

test('the scheme in any case', async () => {
  script = ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'];
  url = url.replace('http', 'HTTP');
  expect(await post()).toMatchObject({ status: 200 });
  url = url.replace('HTTP', 'HTTPS');
  await expect(post()).rejects.toMatchObject({ code: expect.stringMatching(/SSL|EPROTO/) });
});

test('only certificates that Node trusts, whatever the global agent takes', async () => {
  await using aws = await startLocalAws();
  url = `https://localhost:${aws.tlsPort}/`;
  https.globalAgent.options.rejectUnauthorized = false;
  try {
    await expect(post()).rejects.toMatchObject({ code: expect.stringMatching(/CERT|VERIFY/) });
  } finally {
    delete https.globalAgent.options.rejectUnauthorized;
  }
});
