import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { startChunkedServer, type ChunkedServer } from '../refusals/chunked-server.ts';
import { READING } from '../refusals/reading-clients.ts';

const TOKEN = 'a-token/of+some-length/that+is=long';
const OPTIONS = {
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: TOKEN },
  region: 'eu-west-1',
  retryRejected: false,
};

let server: ChunkedServer;
beforeAll(async () => {
  server = await startChunkedServer();
  server.answer((response) => {
    response.writeHead(403, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ message: `no: ${TOKEN}` }));
  });
});
afterAll(() => server.close());

// Jest's `resetModules` does so: what a client loads later comes with modules of its own.
describe.each(Object.keys(READING))('%s, whose modules are loaded again', (name) => {
  test.each([
    ['before it is refused', 0],
    ['between two refusals', 1],
  ])('%s, hides a token that AWS quotes', async (_when, refusals) => {
    vi.resetModules();
    const clients = await import('../refusals/reading-clients.ts');
    const client = clients.READING[name]?.(OPTIONS);
    for (let count = 0; count < refusals; count += 1) await client?.(server.origin);
    vi.resetModules();
    const answer = await client?.(server.origin);
    expect(Buffer.from((await answer?.bytes()) ?? '').toString()).toBe(
      '{"message":"no: [redacted]"}',
    );
    expect(answer?.rejection).toMatchObject({ reason: 'forbidden', message: 'no: [redacted]' });
  });
});
