import { open, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { generate } from 'selfsigned';
import { expect, test } from 'vitest';

import { verifySignature, type Verdict } from '@sigv4/testing';

import type { As, Kit } from './kit.ts';
import { piped } from './terminal.ts';

const SIZE = 300_000_000;

const TELLS_MEMORY = `process.once('exit', () => {
  process.stderr.write('memory=' + process.resourceUsage().maxRSS * 1024);
});`;

/** What came to a storage that takes everything, and gives as many bytes. */
interface Storage {
  readonly server: Server;
  readonly url: string;
  size: number;
  verdict: Verdict | undefined;
}

async function startStorage(kit: Kit): Promise<Storage> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
  const env = kit.environment();
  const server = createServer({ key, cert }, (request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-length': SIZE });
      Readable.from(pieces()).pipe(response);
      return;
    }
    const { method = '', url: target = '', rawHeaders: raw } = request;
    const rawHeaders = raw.flatMap((name, at) =>
      at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : [],
    );
    storage.verdict = verifySignature(
      { method, target, rawHeaders, body: new Uint8Array() },
      {
        service: 's3',
        region: 'eu-west-1',
        keys: (id) =>
          id === env['AWS_ACCESS_KEY_ID']
            ? {
                secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
                sessionToken: env['AWS_SESSION_TOKEN'],
              }
            : undefined,
      },
    );
    request.on('data', (piece: Buffer) => {
      storage.size += piece.byteLength;
    });
    request.on('end', () => response.end());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const storage: Storage = {
    server,
    url: `https://127.0.0.1:${port}/`,
    size: 0,
    verdict: undefined,
  };
  return storage;
}

function* pieces(): Iterable<Buffer> {
  const piece = Buffer.alloc(1_000_000);
  for (let sent = 0; sent < SIZE; sent += piece.byteLength) yield piece;
}

export function testStreams(kit: () => Kit): void {
  async function memoryOf(args: readonly string[], options: As = {}): Promise<number> {
    const tells = `data:text/javascript,${encodeURIComponent(TELLS_MEMORY)}`;
    const command = [process.execPath, '--import', tells, kit().cli, ...args];
    const ran = await piped(command, { cwd: kit().home, env: kit().environment(options) });
    expect([ran.status, ran.stderr]).toEqual([0, expect.stringMatching(/^memory=\d+$/)]);
    return Number(ran.stderr.replace('memory=', ''));
  }

  test('a large file goes to S3 as a stream, and a large answer comes as one', async () => {
    const file = await open(join(kit().home, 'huge.bin'), 'w');
    await file.truncate(SIZE);
    await file.close();
    const storage = await startStorage(kit());
    const s3 = ['-f', '-k', '--service', 's3', '--region', 'eu-west-1'];
    const up = await memoryOf([...s3, '-T', 'huge.bin', storage.url]);
    const down = await memoryOf([...s3, '-o', 'came.bin', storage.url]);
    storage.server.close();
    expect(storage.size).toBe(SIZE);
    expect(storage.verdict).toMatchObject({ ok: true });
    expect((await stat(join(kit().home, 'came.bin'))).size).toBe(SIZE);
    // A process that holds all of it takes more; Node by itself takes a quarter.
    expect(Math.max(up, down)).toBeLessThan(SIZE * 0.8);
  });
}
