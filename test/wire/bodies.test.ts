import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { compareBody } from './body-table.ts';
import { CLIENTS } from './clients.ts';
import { CREDENTIALS, REGION } from './judge.ts';
import { BODIES } from './node-bodies.ts';
import { startRawServer, type RawServer } from './raw-server.ts';

let server: RawServer;
beforeAll(async () => {
  server = await startRawServer();
});
afterAll(() => server.close());

describe.each(Object.entries(CLIENTS))('%s', (name, make) => {
  const signed = make({ credentials: CREDENTIALS, region: REGION });
  const unsigned = make();

  test.each(BODIES)('$name', async (body) => {
    const send = (isSigned: boolean): Promise<unknown> =>
      (isSigned ? signed : unsigned)(`${server.origin}/x`, { method: 'POST', body: body.make() });
    expect(await compareBody(server, name, body, send)).toEqual([]);
  });
});
