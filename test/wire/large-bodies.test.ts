import { describe, expect, test } from 'vitest';

import { large } from './bodies.ts';
import { CLIENTS } from './clients.ts';
import { CREDENTIALS, header, REGION, verdictOf } from './judge.ts';
import { sharedRawServer } from './shared-server.ts';

const server = sharedRawServer();

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
      expect(Buffer.compare(request.body, body)).toBe(0);
      // By the clock that the server's answer told, the second one is of an hour later.
      expect(verdictOf(request)).toMatchObject(
        request === server.requests[0] ? { ok: true } : { reason: 'not-yet-current' },
      );
    }
  });
});
