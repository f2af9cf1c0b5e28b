// Node drops a Request's signal with the Request. An abort must reach the wire all the same.
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import ky from 'ky';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';

import { CREDENTIALS, REGION } from '../wire/judge.ts';
import { startLoadServer, type LoadServer } from './load-server.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let server: LoadServer;
let arrive: (() => void) | undefined;
beforeAll(async () => {
  server = await startLoadServer(() => arrive?.());
});
afterAll(() => server.close());

type Send = (url: string, init: RequestInit) => Promise<Response>;

const OPTIONS = { credentials: CREDENTIALS, region: REGION };
const signedFetch = createSignedFetch(OPTIONS);
const passing = createSignedFetch({ ...OPTIONS, hosts: ['api.example.com'] });

/** The Requests of callers, who hold them for as long as they care. */
const held: Request[] = [];
function requestOf(url: string, init: RequestInit): Request {
  const request = new Request(url, init);
  held.push(request);
  return request;
}

const CLIENTS: Readonly<Record<string, Send>> = {
  'a signed Request': (url, init) => signedFetch(requestOf(url, init)),
  'a Request that is not signed': (url, init) => passing(requestOf(url, init)),
  'a Request with headers that changed, not signed': (url, init) => {
    const request = requestOf(url, init);
    const sending = passing(request);
    request.headers.set('x-late', 'yes');
    return sending;
  },
  'a URL with a signal': signedFetch,
  ky: (url, init) => ky.extend({ hooks: sigv4Hooks(OPTIONS), retry: 0, timeout: false })(url, init),
};

/** Whether it is rejected once all that was to come has come. */
async function isRejected(promise: Promise<unknown>): Promise<boolean> {
  const late = async (): Promise<boolean> => {
    for (let at = 0; at < 200; at += 1) await turn();
    return false;
  };
  const ended = promise.then(
    () => false,
    () => true,
  );
  return Promise.race([ended, late()]);
}

async function collectAll(): Promise<void> {
  for (let at = 0; at < 5; at += 1) {
    await turn();
    collect();
  }
}

describe.each(Object.entries(CLIENTS))('%s', (name, send) => {
  test.each([undefined, 'a body'])(
    'is aborted while it waits for an answer (body: %s)',
    async (body) => {
      const { signal, abort } = controller();
      const arrival = new Promise<void>((resolve) => (arrive = resolve));
      const calling = send(`${server.origin}/silence`, initOf(signal, body));
      await arrival;
      await collectAll();
      abort();
      expect(await isRejected(calling)).toBe(true);
    },
  );

  // ky itself holds its Request no longer than that.
  test.skipIf(name === 'ky')('is aborted while its answer is read', async () => {
    const { signal, abort } = controller();
    const answer = await send(`${server.origin}/a%20beginning`, initOf(signal, undefined));
    const reading = answer.text();
    await collectAll();
    abort();
    expect(await isRejected(reading)).toBe(true);
  });
});

function controller(): { signal: AbortSignal; abort: () => void } {
  const made = new AbortController();
  return { signal: made.signal, abort: () => made.abort(new Error('left')) };
}

function initOf(signal: AbortSignal, body: string | undefined): RequestInit {
  return { signal, ...(body === undefined ? undefined : { method: 'POST', body }) };
}
