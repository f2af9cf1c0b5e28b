import { expect, test } from 'vitest';

import type { SigV4Event } from '@sigv4/signer';

import { answer, API, renewedSessions, testSigner } from './fixtures.ts';

const POST = { method: 'POST', url: API, body: '{}' };
const DENIED =
  'User: arn:aws:sts::111111111111:assumed-role/r/s is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:********1111:abc123/prod/POST/orders with an explicit deny';
const OF_AWS = { 'x-amzn-errortype': 'AccessDeniedException' };

/** Answers as to a role whose sessions up to the `revoked`th are denied everything. */
function denying(revoked: number, message = DENIED, headers: Record<string, string> = OF_AWS) {
  return async (signed: { headers: Record<string, string> }) => {
    const session = Number(signed.headers['x-amz-security-token']?.replace('token', ''));
    return session < revoked ? answer(403, message, headers) : answer(200, '');
  };
}

test('a session that was revoked is renewed, by one call for all', async () => {
  const credentials = renewedSessions();
  const events: SigV4Event[] = [];
  const signer = testSigner({ credentials, onEvent: (event) => events.push(event) });
  const calls = Array.from({ length: 50 }, () => signer.send(POST, denying(1)));
  const statuses = (await Promise.all(calls)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(credentials.refreshes).toBe(1);
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'retried', because: 'credentials' }),
  );
});

test('a denial that stays costs one session in five minutes, and each call one request more at most', async () => {
  const credentials = renewedSessions();
  let time = 0;
  let sent = 0;
  const signer = testSigner({ credentials, now: () => time });
  const count =
    (transport: ReturnType<typeof denying>): typeof transport =>
    (signed) => {
      sent += 1;
      return transport(signed);
    };
  for (time = 0; time < 10 * 60_000; time += 1000) {
    expect((await signer.send(POST, count(denying(Infinity)))).status).toBe(403);
  }
  expect(credentials.refreshes).toBe(2);
  expect(sent).toBe(602);
});

test.each([
  ['no policy allows it', DENIED.replace(' with an explicit deny', ''), OF_AWS, renewedSessions()],
  [
    "the API's own policy denies it",
    `${DENIED} in a resource-based policy`,
    OF_AWS,
    renewedSessions(),
  ],
  ['the API itself says so', DENIED, {}, renewedSessions()],
  [
    'the key is no session',
    DENIED,
    OF_AWS,
    async () => ({ accessKeyId: 'AKIA', secretAccessKey: 's' }),
  ],
])('where %s, nothing is sent again', async (_name, message, headers, credentials) => {
  let sent = 0;
  const signer = testSigner({ credentials });
  const { status } = await signer.send(POST, async (signed) => {
    sent += 1;
    return denying(
      Infinity,
      message,
      headers,
    )({
      headers: { 'x-amz-security-token': 'token0', ...signed.headers },
    });
  });
  expect([status, sent]).toEqual([403, 1]);
});

test.each([
  ['6 minutes', 6, [200, 2]],
  ['4.5 minutes: the API can have said so itself', 4.5, [403, 1]],
])(
  'a bare Forbidden of an HTTP API, with a clock that is off by %s',
  async (_name, minutes, expected) => {
    let sent = 0;
    const now = Date.UTC(2026, 0, 2, 3, 4, 5);
    const date = new Date(now + minutes * 60_000).toUTCString();
    const signer = testSigner({ now: () => now });
    const { status } = await signer.send(POST, async () => {
      sent += 1;
      return answer(sent === 1 ? 403 : 200, 'Forbidden', { date });
    });
    expect([status, sent]).toEqual(expected);
  },
);
