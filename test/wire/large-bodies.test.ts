import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { large } from './bodies.ts';
import { CLIENTS } from './clients.ts';
import { CREDENTIALS, header, REGION, verdictOf } from './judge.ts';
import { startRawServer, type RawServer } from './raw-server.ts';

let server: RawServer;
beforeAll(async () => {
  server = await startRawServer();
});
beforeEach(() => {
  server.requests.length = 0;
  server.answers.length = 0;
});
afterAll(() => server.close());

const SIZE = 17_000_001;
const AN_HOUR_AHEAD = `HTTP/1.1 403 No\r\ndate: ${new Date(Date.now() + 3_600_000).toUTCString()}\r\nx-amzn-errortype: RequestTimeTooSkewed`;

describe.each(Object.entries(CLIENTS))('%s, 17 MB', (_name, make) => {
  test('go out as they are, with their length, and once more after a refusal', async () => {
    server.answers.push(AN_HOUR_AHEAD);
    const client = make({ credentials: CREDENTIALS, region: REGION, maxBufferedBytes: Infinity });
    const body = large(SIZE);
    expect(await client(`${server.origin}/x`, { method: 'PUT', body })).toBe(200);
    expect(server.requests).toHaveLength(2);
    for (const request of server.requests) {
      expect(header(request, 'content-length')).toBe(String(SIZE));
      expect(header(request, 'transfer-encoding')).toBeUndefined();
      expect(Buffer.compare(request.body as Uint8Array, body)).toBe(0);
      // The first one says so too: the clock is the server's in its answer only.
      expect(verdictOf(request)).toMatchObject(
        request === server.requests[0] ? { ok: true } : { reason: 'not-yet-current' },
      );
    }
  });
});

/** Peak memory in MiB of one call with 256 MiB, in a process of its own. */
async function peakOf(call: string): Promise<number> {
  const bench = join(import.meta.dirname, '../bench/large-body-call.ts');
  const argv = ['--conditions=@sigv4/source', bench, call, server.origin];
  const { stdout } = await promisify(execFile)(process.execPath, argv);
  server.requests.length = 0;
  return (JSON.parse(stdout) as { peak: number }).peak;
}

test.each(['fetch', 'ky'])(
  '%s takes no more memory for 256 MiB than unsigned',
  async (client) => {
    const unsigned = await peakOf(`${client}, bytes, unsigned`);
    expect(await peakOf(`${client}, bytes, signed`)).toBeLessThan(1.1 * unsigned);
  },
  60_000,
);

test('signChunkedUpload() of 256 MiB stays within 64 MiB above an idle process', async () => {
  const idle = await peakOf('idle');
  expect(await peakOf('fetch, stream, signChunkedUpload()')).toBeLessThan(idle + 64);
}, 60_000);
