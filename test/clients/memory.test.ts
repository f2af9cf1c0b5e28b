import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => response.end());
});
beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
afterAll(() => server.close());

/** Peak memory in MiB of one call with 256 MiB, in a process of its own. */
async function peakOf(call: string): Promise<number> {
  const bench = join(import.meta.dirname, '../bench/large-body-call.ts');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { stdout } = await promisify(execFile)(process.execPath, [bench, call, origin]);
  return (JSON.parse(stdout) as { peak: number }).peak;
}

test.each(['fetch', 'axios', 'ky'])(
  '%s takes no more for 256 MiB than unsigned',
  async (client) => {
    const unsigned = await peakOf(`${client}, bytes, unsigned`);
    expect(await peakOf(`${client}, bytes, signed`)).toBeLessThan(1.1 * unsigned);
  },
);

test.each(["payload: 'unsigned'", 'signChunkedUpload()'])(
  'a stream of 256 MiB by %s stays within 64 MiB above an idle process',
  async (way) => {
    const idle = await peakOf('idle');
    expect(await peakOf(`fetch, stream, ${way}`)).toBeLessThan(idle + 64);
  },
);
