// Sends bodies of every kind through every client, with limits that they exceed, aborts and broken
// connections, and prints the errors that nobody could catch. It runs in a process of its own,
// since such an error would end the one of the tests.
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';

import { CREDENTIALS, REGION } from '../wire/judge.ts';
import { HANG_UP, SILENCE, startRawServer } from '../wire/raw-server.ts';
import { axiosWith, fetchWith, kyClient, type Client, type Make } from '../wire/web-clients.ts';

const server = await startRawServer();

const CLIENTS: Readonly<Record<string, Make>> = {
  fetch: fetchWith(),
  ky: kyClient,
  'axios, http adapter': axiosWith('http'),
  'axios, fetch adapter': axiosWith('fetch'),
};

/** Enough parts for a reader to stop between any two of them. */
function form(): FormData {
  const made = new FormData();
  made.append('a', 'b'.repeat(50));
  made.append('file', new Blob([new Uint8Array(100_000)]), 'f.bin');
  for (let at = 0; at < 20; at += 1) made.append('c', 'd'.repeat(at));
  return made;
}

function requestOf(body: BodyInit, headers: Record<string, string> = {}): Request {
  const init = { method: 'POST', body, headers, duplex: 'half' } as RequestInit;
  return new Request(`${server.origin}/x`, init);
}

async function* iterable(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < 9; at += 1) yield new Uint8Array(90);
}

const CHUNK = new Uint8Array(100_000);
type MakeBody = () => unknown;
const BODIES: Readonly<Record<string, MakeBody>> = {
  'a string': () => 'a'.repeat(100_000),
  bytes: () => CHUNK.slice(),
  'a Blob': () => new Blob([CHUNK]),
  'a form': form,
  'a query': () => new URLSearchParams({ a: 'b'.repeat(200) }),
  'a stream': () => new Blob([CHUNK]).stream(),
  'a stream without an end': () =>
    new ReadableStream({ type: 'bytes', pull: (c) => c.enqueue(new Uint8Array(9_000)) }),
  'a stream that fails': () =>
    new ReadableStream({
      start: (c) => c.enqueue(new Uint8Array(9)),
      pull: (c) => c.error(new Error('disk')),
      cancel: () => Promise.reject(new Error('cannot be cancelled')),
    }),
  'a stream of Node': () => Readable.from([CHUNK, CHUNK]),
  'an async iterable': iterable,
  'the stream of a form': () => requestOf(form()).body,
};
const OF_REQUESTS: Readonly<Record<string, () => Request>> = {
  'a Request with a form': () => requestOf(form()),
  'a Request with a form of another type': () => requestOf(form(), { 'content-type': 'text/x-a' }),
  'a Request with a stream': () => requestOf(new Blob([CHUNK]).stream()),
};

const OPTIONS = { credentials: CREDENTIALS, region: REGION };
const faults: string[] = [];
let current = '';
const note = (error: unknown): void => void faults.push(`${current}: ${String(error)}`);
process.on('unhandledRejection', note);
process.on('uncaughtException', note);

const outcomes: Record<string, number> = {};

type Abort = 'never' | 'before' | 'soon';

/** What a call gets, and when it is aborted. Nobody but an abort ends a call that gets no answer. */
const CALLS: readonly (readonly [answer: string, abort: Abort])[] = [
  ['HTTP/1.1 200 OK', 'never'],
  ['HTTP/1.1 200 OK', 'before'],
  ['HTTP/1.1 200 OK', 'soon'],
  [HANG_UP, 'never'],
  [SILENCE, 'soon'],
];

/** Makes one call, and waits for its end. */
async function attempt(client: Client, makeBody: MakeBody, abort: Abort): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  if (abort === 'before') controller.abort(new Error('abort'));
  const body = makeBody();
  const calling =
    body instanceof Request
      ? client(body as unknown as string, { method: 'POST', signal })
      : client(`${server.origin}/x`, { method: 'POST', body, signal });
  const settled = calling.then(
    () => 'answered',
    (error: { code?: string }) => error.code ?? 'failed',
  );
  if (abort === 'soon') {
    for (let at = 0; at < 3; at += 1) await turn();
    controller.abort(new Error('abort'));
  }
  const outcome = await settled;
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  for (let at = 0; at < 5; at += 1) await turn();
}

for (const [name, make] of Object.entries(CLIENTS)) {
  const bodies = name.startsWith('axios') ? BODIES : { ...BODIES, ...OF_REQUESTS };
  for (const [kind, body] of Object.entries(bodies)) {
    for (const limit of name.startsWith('axios') ? [20_000] : [0, 20_000]) {
      for (const payload of ['signed', 'unsigned'] as const) {
        // A stream without an end would be sent for ever.
        if (payload === 'unsigned' && kind === 'a stream without an end') continue;
        current = `${name}, ${kind}, ${payload}, at most ${limit} bytes`;
        const client = make({ ...OPTIONS, maxBufferedBytes: limit, payload });
        for (const [answer, abort] of CALLS) {
          server.answers.splice(0, Infinity, answer);
          await attempt(client, body, abort);
        }
      }
    }
  }
}
await server.close();
for (let at = 0; at < 50; at += 1) await turn();
console.log(JSON.stringify({ faults: [...new Set(faults)], outcomes }));
process.exit(0);
