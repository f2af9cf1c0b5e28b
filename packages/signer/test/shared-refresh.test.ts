import { expect, test, vi } from 'vitest';

import type { CredentialsProvider } from '@sigv4/signer';

import { answer, API, renewedSessions, SESSION, testSigner } from './fixtures.ts';

const GET = { method: 'GET', url: API };
const EXPIRED = 'The security token included in the request is expired';

test('calls that are refused later than others, with the same credentials, refresh no more', async () => {
  const credentials = renewedSessions();
  const signer = testSigner({ credentials });
  const late = Promise.withResolvers<Response>();
  const straggler = signer.send(GET, ({ headers }) =>
    headers['x-amz-security-token'] === 'token0' ? late.promise : Promise.resolve(answer(200, '')),
  );
  const first = await signer.send(GET, async ({ headers }) =>
    headers['x-amz-security-token'] === 'token0' ? answer(403, EXPIRED) : answer(200, ''),
  );
  expect(first.status).toBe(200);
  late.resolve(answer(403, EXPIRED));
  expect((await straggler).status).toBe(200);
  expect(credentials.refreshes).toBe(1);
});

test('the next session that ends is renewed again', async () => {
  const credentials = renewedSessions();
  const signer = testSigner({ credentials });
  for (let ended = 0; ended < 3; ended += 1) {
    const { status } = await signer.send(GET, async ({ headers }) =>
      headers['x-amz-security-token'] === `token${ended}` ? answer(403, EXPIRED) : answer(200, ''),
    );
    expect(status).toBe(200);
  }
  expect(credentials.refreshes).toBe(3);
});

test('a refresh that failed, or gave the same, is tried again by the next call', async () => {
  const others = { ...SESSION, sessionToken: 'other' };
  const credentials = vi
    .fn<CredentialsProvider>(async () => SESSION)
    .mockResolvedValueOnce(SESSION)
    .mockRejectedValueOnce(new Error('STS is down'))
    .mockResolvedValueOnce(SESSION)
    .mockResolvedValueOnce(SESSION)
    .mockResolvedValueOnce(SESSION)
    .mockResolvedValueOnce(others);
  const signer = testSigner({ credentials });
  const statuses: number[] = [];
  for (let call = 0; call < 3; call += 1) {
    const { status } = await signer.send(GET, async ({ headers }) =>
      headers['x-amz-security-token'] === 'other' ? answer(200, '') : answer(403, EXPIRED),
    );
    statuses.push(status);
  }
  expect(statuses).toEqual([403, 403, 200]);
});

test('credentials at hand are used without asking, and checked like all others', async () => {
  const provider = Object.assign(
    vi.fn<CredentialsProvider>(async () => SESSION),
    {
      atHand: vi
        .fn<() => typeof SESSION | undefined>(() => undefined)
        .mockReturnValueOnce({ ...SESSION, sessionToken: 'at-hand' })
        .mockReturnValueOnce({ ...SESSION, sessionToken: 'line\nbreak' }),
    },
  );
  const signer = testSigner({ credentials: provider });
  expect((await signer.sign(GET)).headers['x-amz-security-token']).toBe('at-hand');
  expect(provider).not.toHaveBeenCalled();
  await expect(signer.sign(GET)).rejects.toThrow(/credentials.sessionToken holds white space/);
  expect((await signer.sign(GET)).headers['x-amz-security-token']).toBe(SESSION.sessionToken);
  expect(provider).toHaveBeenCalledTimes(1);
});
