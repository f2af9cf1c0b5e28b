import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { READING, STREAMING, type ReadAnswer } from './reading-clients.ts';
import { startChunkedServer, type ChunkedServer } from './chunked-server.ts';

const OPTIONS = {
  credentials: {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'secret',
    sessionToken: 'a-token/of+some-length/that+is=long',
  },
  region: 'eu-west-1',
};
const JSON_TYPE = { 'content-type': 'application/json' };
const EXPIRED = 'The security token included in the request is expired';

let server: ChunkedServer;
beforeAll(async () => {
  server = await startChunkedServer();
  // What is loaded only after a rejection must be there before the timers stand still.
  server.answer((response) => response.writeHead(403, JSON_TYPE).end());
  for (const make of Object.values(READING)) await make(OPTIONS)(server.origin);
});
afterAll(() => server.close());
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function until(isThere: () => boolean): Promise<void> {
  for (let turns = 0; turns < 100_000 && !isThere(); turns += 1) await turn();
  expect(isThere()).toBe(true);
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

describe.each(Object.entries(STREAMING))('%s', (_name, make) => {
  test.each<[string, string, Partial<{ reason: string; message: string }>]>([
    ['no byte of it', '', { reason: 'forbidden', message: '' }],
    ['some of it', `{"message":"${EXPIRED}. é`, { reason: 'token-expired' }],
  ])(
    'of a body that never ends, %s came: the answer is there after two seconds, with all of it',
    async (_what, said, rejection) => {
      const { promise, resolve: finish } = Promise.withResolvers<void>();
      server.answer(async (response) => {
        response.writeHead(403, JSON_TYPE).write(said);
        response.flushHeaders();
        await promise;
        response.end('the rest');
      });
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const setTimer = vi.spyOn(globalThis, 'setTimeout');
      let answer: ReadAnswer | undefined;
      const asking = make({ ...OPTIONS, retryRejected: false })(server.origin).then((came) => {
        answer = came;
        return came;
      });
      await until(() => setTimer.mock.calls.some(([, ms]) => ms === 2000));
      for (let turns = 0; turns < 50; turns += 1) await turn();
      vi.advanceTimersByTime(1999);
      for (let turns = 0; turns < 50; turns += 1) await turn();
      expect(answer).toBeUndefined();
      vi.advanceTimersByTime(1);
      await asking;
      expect(answer).toMatchObject({ status: 403, rejection });
      const reading = answer?.bytes();
      finish();
      expect(text((await reading) ?? new Uint8Array())).toBe(`${said}the rest`);
    },
  );

  test.each([
    'text/event-stream',
    'image/png',
    'application/octet-stream',
    'application/x-ndjson',
    'video/mp4',
  ])('%s is not waited for, and what comes of it is handed on at once', async (type) => {
    const { promise, resolve: finish } = Promise.withResolvers<void>();
    server.answer(async (response) => {
      response.writeHead(403, { 'content-type': type }).write('data: 1\n\n');
      await promise;
      response.end('data: 2\n\n');
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const answer = await make(OPTIONS)(server.origin);
    expect(answer).toMatchObject({ status: 403, rejection: { reason: 'forbidden' } });
    const reading = answer.bytes();
    finish();
    expect(text(await reading)).toBe('data: 1\n\ndata: 2\n\n');
  });

  test('of a body that never ends, no more is read than a rejection can be long', async () => {
    let sent = 0;
    server.answer(async (response) => {
      response.writeHead(403, JSON_TYPE);
      const piece = Buffer.alloc(65_536, 'x');
      while (!response.destroyed && sent < 50_000_000) {
        sent += piece.length;
        if (!response.write(piece)) await turn();
      }
    });
    const answer = await make(OPTIONS)(server.origin);
    expect(answer).toMatchObject({ status: 403, rejection: { reason: 'forbidden' } });
    // The rest is what the sockets of both sides take.
    expect(sent).toBeLessThan(40_000_000);
    await answer.cancel();
  });
});

describe.each(Object.entries(STREAMING))('%s', (_name, make) => {
  const faults: unknown[] = [];
  const onFault = (fault: unknown): void => void faults.push(fault);
  beforeAll(() => {
    process.on('uncaughtException', onFault).on('unhandledRejection', onFault);
  });
  afterAll(() => {
    process.off('uncaughtException', onFault).off('unhandledRejection', onFault);
  });

  test.each(['application/json', 'text/event-stream'])(
    'a body of %s that breaks off: who reads it learns that, and if nobody does, nothing ends',
    async (type) => {
      const closed: Promise<unknown>[] = [];
      server.answer((response) => {
        closed.push(once(response, 'close'));
        response.writeHead(403, { 'content-type': type }).write('x'.repeat(100_000));
        setImmediate(() => response.destroy());
      });
      const read = await make(OPTIONS)(server.origin);
      await expect(read.bytes()).rejects.toThrow(/./);
      await make(OPTIONS)(server.origin);
      (await make(OPTIONS)(server.origin)).skim();
      await Promise.all(closed);
      for (let turns = 0; turns < 50; turns += 1) await turn();
      expect(faults).toEqual([]);
    },
  );

  test.each(['application/json', 'text/event-stream'])(
    'a body of %s that is given up: its connection is free',
    async (type) => {
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      server.answer((response) => {
        response.on('close', () => resolve());
        response.writeHead(403, { 'content-type': type }).write('x'.repeat(100_000));
      });
      const answer = await make(OPTIONS)(server.origin);
      await answer.cancel();
      await expect(closed).resolves.toBeUndefined();
    },
  );
});

describe.each(Object.entries(READING))('%s', (_name, make) => {
  test.each([0, 1, 65_535, 65_536, 65_537, 1_000_000, 5_000_000])(
    'a rejection of %i bytes comes whole',
    async (size) => {
      const body = `{"message":"${EXPIRED}","a":"${'\\u00e9\\/'.repeat(size / 8 + 1)}`.slice(
        0,
        size,
      );
      server.answer((response) => response.writeHead(403, JSON_TYPE).end(body));
      const answer = await make({ ...OPTIONS, retryRejected: false })(server.origin);
      expect(answer).toMatchObject({
        status: 403,
        rejection: { reason: size < 100 ? 'forbidden' : 'token-expired' },
      });
      expect(text(await answer.bytes()) === body).toBe(true);
    },
  );

  test.each<[string, string]>([
    ['brackets', '['.repeat(2_000_000)],
    ['quotes', '"'.repeat(2_000_000)],
    ['objects', '{"a":'.repeat(400_000)],
    ['elements', '<Message>'.repeat(250_000)],
    ['escapes', `{"message":"${'%25'.repeat(700_000)}"}`],
    ['callers', `{"message":"${'User: a is not authorized to perform: '.repeat(50_000)}"}`],
    ['parameters', mismatch(Array.from({ length: 150_000 }, (_, at) => `p${at}=1`).join('&'))],
    [
      'headers',
      mismatch('', Array.from({ length: 150_000 }, (_, at) => `x-amz-${at}:1\n`).join('')),
    ],
  ])('2 MB of %s: the answer comes, and others are not kept waiting', async (_what, body) => {
    server.answer((response) => response.writeHead(403, JSON_TYPE).end(body));
    let longest = 0;
    // Time of the processor, since this machine may have more to do.
    let last = process.cpuUsage();
    const timer = setInterval(() => {
      const { user } = process.cpuUsage(last);
      longest = Math.max(longest, user / 1000);
      last = process.cpuUsage();
    }, 1);
    const query = Array.from({ length: 300 }, (_, at) => `q${at}=1`).join('&');
    const answer = await make(OPTIONS)(`${server.origin}/?${query}`);
    clearInterval(timer);
    expect(answer.status).toBe(403);
    expect(text(await answer.bytes()) === body).toBe(true);
    // Some of it is the client's own, and the server's. It was more than a second.
    expect(longest).toBeLessThan(700);
  });

  test('HEAD: the headers tell that the clock is off, and it is set right', async () => {
    const now = Date.UTC(2026, 0, 2, 3, 4, 5);
    server.answer((response, count) => {
      const date = new Date(now + 3_600_000).toUTCString();
      response.sendDate = false;
      response
        .writeHead(count === 1 ? 403 : 200, { ...JSON_TYPE, date, 'content-length': 23 })
        .end();
    });
    const { status } = await make({ ...OPTIONS, now: () => now })(server.origin, 'HEAD');
    expect([status, server.asked()]).toEqual([200, 2]);
  });
});

function mismatch(query: string, headers = 'host:x\n'): string {
  const canonical = `GET\n/\n${query}\n${headers}\nhost\n${'0'.repeat(64)}`;
  const message = `The request signature we calculated does not match the signature you provided. The Canonical String for this request should have been\n'${canonical}'\n\nThe String-to-Sign should have been\n''`;
  return JSON.stringify({ message });
}
