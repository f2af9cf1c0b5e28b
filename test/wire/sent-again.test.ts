import { describe, expect, test } from 'vitest';

import { CLIENTS } from './clients.ts';
import { CREDENTIALS, REGION } from './judge.ts';
import { HANG_UP } from './raw-server.ts';
import { sharedRawServer } from './shared-server.ts';

// A POST is sent again only if the answer proves that it was not carried out.
const POST = { method: 'POST', body: '{"a":"ü"}' };

const server = sharedRawServer();

const type = (name: string, status = 403): string =>
  `HTTP/1.1 ${status} No\r\nx-amzn-errortype: ${name}`;
const date = (hours: number): string =>
  `\r\ndate: ${new Date(Date.now() + hours * 3_600_000).toUTCString()}`;

const NOT_AGAIN: readonly string[] = [
  ...[400, 401, 403, 404, 408, 409, 425, 429, 500, 502, 503, 504].map(
    (s) => `HTTP/1.1 ${s} No${date(1)}`,
  ),
  type('AccessDeniedException'),
  type('AccessDeniedException') + date(1),
  type('ThrottlingException', 429) + date(1),
  // Of the body or the secret, not of the clock: the dates agree.
  type('InvalidSignatureException') + date(0),
  // From a cache, the date tells nothing.
  `${type('RequestTimeTooSkewed') + date(1)}\r\nage: 5`,
  // Carried out, whatever it says.
  type('ExpiredTokenException', 500),
  type('ExpiredTokenException', 200),
];
const AGAIN: readonly string[] = [
  type('RequestTimeTooSkewed') + date(1),
  type('ExpiredTokenException'),
  type('UnrecognizedClientException'),
];

describe.each(Object.entries(CLIENTS))('%s: a POST is sent again', (_name, make) => {
  async function requestsFor(answer: string): Promise<number> {
    server.answers.push(answer);
    const client = make({
      region: REGION,
      credentials: async (options) =>
        options?.forceRefresh ? { ...CREDENTIALS, accessKeyId: 'AKIDNEW' } : CREDENTIALS,
    });
    await client(`${server.origin}/x`, POST);
    return server.requests.length;
  }

  test.each(NOT_AGAIN)('not after %j', async (answer) => {
    expect(await requestsFor(answer)).toBe(1);
  });

  test.each(AGAIN)('after %j', async (answer) => {
    expect(await requestsFor(answer)).toBe(2);
  });

  test('not after a connection that broke', async () => {
    server.answers.push(HANG_UP);
    const client = make({ region: REGION, credentials: CREDENTIALS });
    await expect(client(`${server.origin}/x`, POST)).rejects.toThrow(
      /fetch failed|hang up|network/i,
    );
    expect(server.requests).toHaveLength(1);
  });
});
