// Has thousands of calls in flight through one client, half of them aborted at random moments, and
// prints what is left of them. It runs in a process of its own, whose heap and sockets are its own.
import { getEventListeners } from 'node:events';
import { Agent as HttpAgent } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';

import ky from 'ky';
import { Agent, setGlobalDispatcher } from 'undici';

import { assumeRole } from '@sigv4/credentials';
import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';

import { seededRandom } from '../credentials/seeded-random.ts';
import { axiosWith, type Client, type Make } from '../wire/web-clients.ts';
import { CALLER, ROLE, startWorld } from '../world.ts';
import { ANSWERS, startLoadServer } from './load-server.ts';

const [, , name = '', seed = '', amount = ''] = process.argv;
const random = seededRandom(Number(seed));
const CONNECTIONS = 200;

const httpAgent = new HttpAgent({ keepAlive: true, maxSockets: CONNECTIONS });
const dispatcher = new Agent({ connections: CONNECTIONS });
setGlobalDispatcher(dispatcher);

const AS_FETCH = { retry: 0, throwHttpErrors: false, timeout: false } as const;
const CLIENTS: Readonly<Record<string, Make>> = {
  fetch: (options) => reading(options ? createSignedFetch(options) : fetch),
  ky: (options) => reading(ky.extend({ hooks: options ? sigv4Hooks(options) : {}, ...AS_FETCH })),
  'axios, http adapter': axiosWith('http', { httpAgent }),
  'axios, fetch adapter': axiosWith('fetch'),
};

/** @param send a client that gives Responses. Who does not read them keeps their connections. */
function reading(send: (url: string, init: RequestInit) => Promise<Response>): Client {
  return async (url, call = {}) => {
    const answer = await send(url, { ...call, duplex: 'half' } as RequestInit);
    await answer.arrayBuffer();
    return answer.status;
  };
}

const faults: string[] = [];
process.on('unhandledRejection', (error) => faults.push(`rejection: ${String(error)}`));
process.on('uncaughtException', (error) => faults.push(`exception: ${String(error)}`));

/** Answers that only an abort ends. */
const OPEN = new Set(['silence', 'a beginning']);
const OF_TOKENS = new Set(['expired token', 'invalid token', 'half an expired token']);
const BODIES: readonly (() => unknown)[] = [
  () => undefined,
  () => undefined,
  () => 'a text '.repeat(9),
  () => new Uint8Array(900),
  () => new Blob(['a stream '.repeat(99)]).stream(),
];

function oneOf<T>(list: readonly T[]): T | undefined {
  return list[Math.floor(random() * list.length)];
}

const world = await startWorld();
const { accessKeyId, secretAccessKey } = world.credentialsOf(CALLER);

/** What to do when a request of this path comes. */
const onArrival = new Map<string, () => void>();
/** Aborts that wait until so much has happened. */
let aborts: { at: number; abort: () => void }[] = [];
let happened = 0;
function happen(): void {
  happened += 1;
  while ((aborts.at(-1)?.at ?? Infinity) <= happened) aborts.pop()?.abort();
}
const server = await startLoadServer((path) => {
  onArrival.get(path)?.();
  happen();
});

interface Outcome {
  readonly calls: number;
  readonly stsCalls: number;
  readonly listeners: number;
  readonly outcomes: Record<string, number>;
}

/** @param kinds how calls are answered, as keys of `ANSWERS` */
async function storm(calls: number, kinds: readonly string[]): Promise<Outcome> {
  const before = world.requests.length;
  const credentials = assumeRole({
    roleArn: ROLE,
    region: world.region,
    endpoint: world.stsUrl,
    source: async () => ({ accessKeyId, secretAccessKey }),
    // This process is too busy to answer itself in time.
    attemptTimeout: 60,
    timeout: 300,
  });
  const client = CLIENTS[name]?.({ credentials, region: world.region });
  if (client === undefined) throw new Error(`no client ${name}`);
  const shared = new AbortController();
  const signals = new Set([shared.signal]);
  const outcomes: Record<string, number> = {};
  const running: Promise<string>[] = [];
  happened = 0;
  for (let at = 0; at < calls; at += 1) {
    const isAborted = at % 2 === 0;
    const kind = oneOf(isAborted ? kinds : kinds.filter((each) => !OPEN.has(each))) ?? '';
    const controller = isAborted || random() < 0.5 ? new AbortController() : shared;
    const { signal } = controller;
    signals.add(signal);
    const path = `/${kind}/${at}`;
    const abort = (): void => controller.abort(new Error('left'));
    if (isAborted) plan(path, OPEN.has(kind), abort, calls);
    const body = oneOf(BODIES)?.();
    const method = body === undefined ? 'GET' : 'POST';
    const url = server.origin + encodeURI(path);
    running.push(
      client(url, { method, signal, ...(body === undefined ? undefined : { body }) })
        .then(
          String,
          (error: { code?: unknown; message: string }) => error.message.split(':')[0] ?? '',
        )
        .then((outcome) => {
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
          happen();
          return outcome;
        }),
    );
  }
  aborts.sort((a, b) => b.at - a.at);
  happen();
  await Promise.all(running);
  onArrival.clear();
  aborts = [];
  return {
    calls: Object.values(outcomes).reduce((sum, count) => sum + count, 0),
    stsCalls: world.requests.slice(before).filter(({ action }) => action === 'AssumeRole').length,
    listeners: await listenersOn(signals),
    outcomes,
  };
}

/** Chooses the moment at which a call is aborted. */
function plan(path: string, isOpen: boolean, abort: () => void, calls: number): void {
  const chance = random();
  if (chance < 0.05) abort();
  else if (!isOpen && chance < 0.7) aborts.push({ at: Math.floor(random() * calls), abort });
  else {
    const turns = Math.floor(random() * 20);
    onArrival.set(path, () => {
      const wait = async (): Promise<void> => {
        for (let at = 0; at < turns; at += 1) await turn();
        abort();
      };
      void wait();
    });
  }
}

/** Node's fetch stops to listen when its Request is collected as garbage. */
async function listenersOn(signals: Iterable<AbortSignal>): Promise<number> {
  let count = Number.NaN;
  for (let round = 0; round < 20 && count !== 0; round += 1) {
    await collect();
    count = [...signals].reduce((sum, each) => sum + getEventListeners(each, 'abort').length, 0);
  }
  return count;
}

async function collect(): Promise<void> {
  for (let at = 0; at < 20; at += 1) await turn();
  globalThis.gc?.();
}

async function heap(): Promise<number> {
  for (let at = 0; at < 5; at += 1) await collect();
  return process.memoryUsage().heapUsed;
}

// ky drops the signal of a call once it has handed on the answer, and cannot be aborted any more.
const all = Object.keys(ANSWERS).filter((kind) => name !== 'ky' || kind !== 'a beginning');
const accepted = all.filter((kind) => !OF_TOKENS.has(kind));
// What is loaded and compiled at the first call of each kind is no leak.
await storm(300, all);
const start = await heap();
const inPeace = await storm(Number(amount), accepted);
// Refusals of tokens make a call send twice, and a fifth of the calls is enough to see a flood.
const inRefusals = await storm(Number(amount) / 5, all);
const grown = (await heap()) - start;
httpAgent.destroy();
await dispatcher.destroy();
for (let at = 0; at < 1000 && server.sockets.size > 0; at += 1) await turn();
const openSockets = server.sockets.size;
server.close();
await world.close();
console.log(JSON.stringify({ faults, inPeace, inRefusals, grown, openSockets }));
process.exit(0);
