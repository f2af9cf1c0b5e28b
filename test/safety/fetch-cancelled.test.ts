import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';

import ky from 'ky';
import { describe, expect, test } from 'vitest';

import { createSignedFetch, type SignedFetchOptions } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';

import { CREDENTIALS, REGION } from '../wire/judge.ts';
import { SILENCE } from '../wire/raw-server.ts';
import { sharedRawServer } from '../wire/shared-server.ts';

const server = sharedRawServer();

const REASON = new Error('the caller has had enough');

/** Why a body was given up, once it was. */
interface Watched {
  readonly body: unknown;
  readonly givenUp: unknown[];
}

/** Bodies of five bytes that have no end yet. */
const KINDS: Readonly<Record<string, () => Watched>> = {
  'a stream': () => {
    const givenUp: unknown[] = [];
    const start = (c: ReadableStreamDefaultController): void => c.enqueue(new Uint8Array(5));
    const cancel = (reason: unknown): void => void givenUp.push(reason);
    return { body: new ReadableStream({ start, cancel }), givenUp };
  },
  'a stream of bytes': () => {
    const givenUp: unknown[] = [];
    const start = (c: ReadableByteStreamController): void => c.enqueue(new Uint8Array(5));
    const cancel = (reason: unknown): void => void givenUp.push(reason);
    return { body: new ReadableStream({ type: 'bytes', start, cancel }), givenUp };
  },
  'a stream that has not begun': () => {
    const givenUp: unknown[] = [];
    const cancel = (reason: unknown): void => void givenUp.push(reason);
    return { body: new ReadableStream({ cancel }), givenUp };
  },
  'an async iterable': () => {
    const givenUp: unknown[] = [];
    let count = 0;
    const iterator = {
      next: () =>
        count++ === 0
          ? Promise.resolve({ value: new Uint8Array(5), done: false })
          : new Promise<never>(() => {}),
      return: (reason?: unknown) => {
        givenUp.push(reason);
        return Promise.resolve({ value: undefined, done: true });
      },
    };
    return { body: { [Symbol.asyncIterator]: () => iterator }, givenUp };
  },
};

type Send = (url: string, init: RequestInit) => Promise<unknown>;

const CLIENTS: Readonly<Record<string, (options?: SignedFetchOptions) => Send>> = {
  fetch: (options) => (options ? createSignedFetch(options) : fetch),
  'fetch with a Request': (options) => {
    const send = options ? createSignedFetch(options) : fetch;
    return (url, init) => send(new Request(url, init));
  },
  ky: (options) => {
    const hooks = options ? sigv4Hooks(options) : {};
    return (url, init) => ky(url, { ...init, hooks, retry: 0 });
  },
};

async function someTurns(): Promise<void> {
  for (let at = 0; at < 20; at += 1) await turn();
}

const SIGNED: SignedFetchOptions = { credentials: CREDENTIALS, region: REGION };
const UNSIGNED: SignedFetchOptions = { ...SIGNED, payload: 'unsigned', maxBufferedBytes: 0 };

describe.each(Object.entries(CLIENTS))('%s', (client, make) => {
  describe.each(Object.entries(KINDS))('%s', (kind, watched) => {
    /** @returns why the body was given up */
    async function run(send: Send, abort: 'before' | 'at once' | 'later'): Promise<unknown[]> {
      const { body, givenUp } = watched();
      const controller = new AbortController();
      const { signal } = controller;
      const init = { method: 'POST', body: body as BodyInit, duplex: 'half', signal };
      if (abort === 'before') controller.abort(REASON);
      const failed = send(`${server.origin}/x`, init).then(
        () => 'was answered',
        (error: unknown) => error,
      );
      if (abort === 'later') await someTurns();
      controller.abort(REASON);
      expect(await failed).toBe(REASON);
      await someTurns();
      return givenUp;
    }

    test('is given up as by the client itself if the call was aborted before', async () => {
      const plain = await run(make(), 'before');
      expect(await run(make(SIGNED), 'before')).toEqual(plain);
      expect(await run(make(UNSIGNED), 'before')).toEqual(plain);
      expect(server.requests).toEqual([]);
    });

    test('is given up while it is read', async () => {
      for (const abort of ['at once', 'later'] as const) {
        expect(await run(make(SIGNED), abort)).toHaveLength(1);
      }
      expect(server.requests).toEqual([]);
    });

    test('is given up while the credentials are waited for', async () => {
      const credentials = (): Promise<never> => new Promise(() => {});
      for (const options of [SIGNED, UNSIGNED]) {
        for (const abort of ['at once', 'later'] as const) {
          expect(await run(make({ ...options, credentials }), abort)).toHaveLength(1);
        }
      }
    });

    test('is given up if there are no credentials', async () => {
      // How much a Request holds is read before the credentials are asked for.
      if (kind === 'a stream that has not begun' && client !== 'fetch') return;
      const credentials = (): Promise<never> => Promise.reject(new Error('none'));
      const { body, givenUp } = watched();
      const init = { method: 'POST', body: body as BodyInit, duplex: 'half' };
      const call = make({ ...UNSIGNED, credentials })(`${server.origin}/x`, init);
      await expect(call).rejects.toThrow('none');
      await someTurns();
      expect(givenUp).toHaveLength(1);
    });
  });
});

test('a stream of Node is destroyed while it is read', async () => {
  const body = new Readable({ read() {} });
  const controller = new AbortController();
  const init = { method: 'POST', body: body as never, duplex: 'half', signal: controller.signal };
  const calling = createSignedFetch(SIGNED)(`${server.origin}/x`, init as RequestInit);
  controller.abort(REASON);
  await expect(calling).rejects.toBe(REASON);
  expect(body.destroyed).toBe(true);
});

test('a body that was read to its end is not given up when the answer is aborted', async () => {
  const givenUp: unknown[] = [];
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(5));
      controller.close();
    },
    cancel: (reason) => void givenUp.push(reason),
  });
  server.answers.push(SILENCE);
  const controller = new AbortController();
  const init = { method: 'POST', body, duplex: 'half' as const, signal: controller.signal };
  const calling = createSignedFetch(SIGNED)(`${server.origin}/x`, init);
  while (server.requests.length === 0) await turn();
  controller.abort(REASON);
  await expect(calling).rejects.toBe(REASON);
  expect(givenUp).toEqual([]);
});
