import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { assumeRole } from '@sigv4/credentials';

import { HOUR, MINUTE } from './fleet.ts';

const START = Date.UTC(2026, 0, 1);

function answer(id: number, now: number): string {
  return `<R><Credentials><AccessKeyId>ASIA${id}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${new Date(now + HOUR).toISOString()}</Expiration></Credentials></R>`;
}

describe('a process that is stopped in the middle of a fetch', { timeout: 30_000 }, () => {
  let now = START;
  let server: Server;
  let asked = 0;
  let hanging: Promise<Socket>;
  let folder: string;
  let child: ChildProcess;
  let calls: Map<string, (answer: string) => void>;

  function setClock(time: number): void {
    now = time;
    writeFileSync(join(folder, 'clock'), String(time));
  }

  /** @returns what the process says to that call, whenever it does */
  function call(name: string): Promise<string> {
    const said = new Promise<string>((resolve) => {
      calls.set(name, resolve);
    });
    child.stdin?.write(`${name}\n`);
    return said;
  }

  beforeEach(async () => {
    asked = 0;
    folder = mkdtempSync(join(tmpdir(), 'sigv4-frozen-'));
    setClock(START);
    let hang: (socket: Socket) => void;
    hanging = new Promise((resolve) => {
      hang = resolve;
    });
    server = createServer((request, response) => {
      asked += 1;
      const id = asked;
      response.setHeader('date', new Date(now).toUTCString());
      // The second one never gets an answer.
      if (id === 2) hang(request.socket);
      else response.end(answer(id, now));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    child = spawn(
      process.execPath,
      [
        join(import.meta.dirname, 'stopped-process.ts'),
        `http://127.0.0.1:${port}`,
        join(folder, 'clock'),
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    calls = new Map();
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const [name = '', answered = ''] = line.split(' ');
      calls.get(name)?.(answered);
    });
  });

  afterEach(() => {
    child.kill('SIGKILL');
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  test.each([
    ['its socket is reset', true],
    ['its socket stays silent', false],
  ])('%s: the next call after the end of the session succeeds', async (_name, isReset) => {
    expect(await call('warm')).toBe('ASIA1');
    setClock(START + 50 * MINUTE);
    const refreshing = call('refreshing');
    const socket = await hanging;

    child.kill('SIGSTOP');
    if (isReset) socket.resetAndDestroy();
    setClock(START + 3 * HOUR);
    child.kill('SIGCONT');

    expect(await call('thawed')).toMatch(/^ASIA[34]$/);
    // Who was stopped in its waiting is answered too.
    expect(await refreshing).toMatch(/^ASIA[34]$/);
  });
});

test('in one process: a moved clock, a dead socket, timers that never fire', async () => {
  let now = START;
  let asked = 0;
  const never = new Promise<never>(() => {});
  const get = assumeRole({
    roleArn: 'arn:aws:iam::222222222222:role/orders-invoke',
    source: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's' },
    fetch: async () => {
      asked += 1;
      return asked === 2 ? never : new Response(answer(asked, now));
    },
    now: () => now,
    random: () => 0,
    sleep: () => never,
  });
  await get();
  now += 50 * MINUTE;
  const frozen = get();
  now += HOUR;
  expect((await get()).accessKeyId).toBe('ASIA3');
  expect((await frozen).accessKeyId).toBe('ASIA3');
});
