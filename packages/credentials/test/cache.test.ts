import { describe, expect, test, vi } from 'vitest';

import { cacheCredentials, type Credentials, type CredentialsProvider } from '@sigv4/credentials';

const NOW = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

function session(n: number, endsIn = HOUR): Credentials {
  return {
    accessKeyId: `ASIA${n}`,
    secretAccessKey: 's',
    sessionToken: 't',
    expiration: new Date(NOW + endsIn),
  };
}

/** A source that gives a new session each time, an hour long, by a clock that the test moves. */
function hourly(): {
  clock: { now: number };
  source: ReturnType<typeof vi.fn<CredentialsProvider>>;
  get: ReturnType<typeof cacheCredentials>;
} {
  const clock = { now: NOW };
  let n = 0;
  const source = vi.fn<CredentialsProvider>(async () => session((n += 1), clock.now - NOW + HOUR));
  return { clock, source, get: cacheCredentials(source, { now: () => clock.now }) };
}

test('200 callers on a cold cache: one fetch', async () => {
  const { source, get } = hourly();
  const all = await Promise.all(Array.from({ length: 200 }, () => get()));
  expect(new Set(all).size).toBe(1);
  expect(source).toHaveBeenCalledTimes(1);
});

test('asks again in the last minute, not before', async () => {
  const { clock, source, get } = hourly();
  await get();
  clock.now += HOUR - 60_001;
  expect((await get()).accessKeyId).toBe('ASIA1');
  clock.now += 1;
  const all = await Promise.all([get(), get(), get()]);
  expect(all.map(({ accessKeyId }) => accessKeyId)).toEqual(['ASIA2', 'ASIA2', 'ASIA2']);
  expect(source).toHaveBeenCalledTimes(2);
});

test('a source that keeps what it gave is told to give others', async () => {
  const { clock, source, get } = hourly();
  await get();
  clock.now += HOUR;
  await get();
  expect(source.mock.calls).toEqual([[{}], [{ forceRefresh: true }]]);
});

test('those without expiration are kept', async () => {
  const source = vi.fn<CredentialsProvider>(async () => ({
    accessKeyId: 'AKIA',
    secretAccessKey: 's',
  }));
  let now = NOW;
  const get = cacheCredentials(source, { now: () => now });
  await get();
  now += 1e12;
  await get();
  expect(source).toHaveBeenCalledTimes(1);
});

describe('invalidate', () => {
  test('has the next call ask', async () => {
    const { source, get } = hourly();
    const { accessKeyId } = await get();
    get.invalidate({ accessKeyId });
    expect((await get()).accessKeyId).toBe('ASIA2');
    expect(source).toHaveBeenCalledTimes(2);
  });

  test('does nothing if others are there already', async () => {
    const { source, get } = hourly();
    await get();
    get.invalidate({ accessKeyId: 'ASIA0' });
    await get();
    expect(source).toHaveBeenCalledTimes(1);
  });

  test('by 50 callers at once makes one fetch', async () => {
    const { source, get } = hourly();
    await get();
    await Promise.all(
      Array.from({ length: 50 }, () => {
        get.invalidate({ accessKeyId: 'ASIA1' });
        return get();
      }),
    );
    expect(source).toHaveBeenCalledTimes(2);
  });
});

test("a failure is everybody's who waits, and the next call asks again", async () => {
  const failure = new Error('STS is down');
  const source = vi
    .fn<CredentialsProvider>()
    .mockRejectedValueOnce(failure)
    .mockResolvedValue({ accessKeyId: 'AKIA', secretAccessKey: 's' });
  const get = cacheCredentials(source);
  const results = await Promise.allSettled([get(), get()]);
  expect(results).toEqual([
    { status: 'rejected', reason: failure },
    { status: 'rejected', reason: failure },
  ]);
  expect((await get()).accessKeyId).toBe('AKIA');
});

test('an answer that has ended already is not one', async () => {
  const get = cacheCredentials(async () => session(1, -1), { now: () => NOW });
  await expect(get()).rejects.toMatchObject({
    name: 'CredentialsError',
    code: 'ExpiredAnswer',
    recoverable: true,
  });
});

test('one caller can leave, the others get theirs', async () => {
  const gate = Promise.withResolvers<Credentials>();
  const get = cacheCredentials(() => gate.promise, { now: () => NOW });
  const leaving = new AbortController();
  const left = get({ signal: leaving.signal });
  const stayed = get();
  const gone = get({ signal: AbortSignal.abort(new Error('before')) });
  leaving.abort(new Error('enough'));
  await expect(left).rejects.toThrow('enough');
  await expect(gone).rejects.toThrow('before');
  gate.resolve(session(1));
  expect((await stayed).accessKeyId).toBe('ASIA1');
});

test('a source that is none is refused', () => {
  expect(() => cacheCredentials({} as CredentialsProvider)).toThrow(/expected an async function/);
});

test('forceRefresh asks the source', async () => {
  const { source, get } = hourly();
  await get();
  expect((await get({ forceRefresh: true })).accessKeyId).toBe('ASIA2');
  expect(source).toHaveBeenCalledTimes(2);
});

test('an answer that ends this very moment has ended', async () => {
  const get = cacheCredentials(async () => session(1, 0), { now: () => NOW });
  await expect(get()).rejects.toMatchObject({ code: 'ExpiredAnswer' });
});

test.each([
  null,
  undefined,
  {},
  { accessKeyId: 'A', secretAccessKey: 'a b' },
  { accessKeyId: 'A', secretAccessKey: 's', expiration: new Date(Number.NaN) },
])('%j is refused and not kept', async (given) => {
  const source = vi
    .fn<CredentialsProvider>()
    .mockResolvedValueOnce(given as unknown as Credentials)
    .mockResolvedValue(session(1));
  const get = cacheCredentials(source, { now: () => NOW });
  await expect(get()).rejects.toMatchObject({ code: 'ERR_SIGV4_CREDENTIALS' });
  expect((await get()).accessKeyId).toBe('ASIA1');
});

test('a caller that has its answer leaves no listener behind', async () => {
  const { signal } = new AbortController();
  const add = vi.spyOn(signal, 'addEventListener');
  const remove = vi.spyOn(signal, 'removeEventListener');
  await hourly().get({ signal });
  await Promise.resolve();
  expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
});
