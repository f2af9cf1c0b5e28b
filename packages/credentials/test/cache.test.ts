import { describe, expect, test, vi } from 'vitest';

import {
  cacheCredentials,
  CredentialsError,
  type CachedCredentials,
  type CacheOptions,
  type Credentials,
  type CredentialsEvent,
  type CredentialsProvider,
} from '@sigv4/credentials';

import { createCache } from '../src/cache/cache.ts';

const NOW = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A fetch that the test answers when it wants to. */
interface Asked {
  readonly options: object | undefined;
  readonly answer: (credentials?: Partial<Credentials>) => Promise<void>;
  readonly fail: (error: unknown) => Promise<void>;
}

/** A cache by a clock that the test moves, before a source that the test answers for. */
class World {
  time = NOW;
  readonly asked: Asked[] = [];
  readonly events: CredentialsEvent[] = [];
  /** They fire when the test says so. */
  readonly timers: { ms: number; signal: AbortSignal | undefined; fire: () => void }[] = [];
  readonly get: CachedCredentials;

  constructor(options: CacheOptions = {}, isOfFleet = false) {
    const cached = {
      now: () => this.time,
      // The shortest pauses.
      random: () => 0,
      sleep: (ms: number, signal?: AbortSignal) =>
        new Promise<void>((fire) => {
          this.timers.push({ ms, signal, fire });
        }),
      onEvent: (event: CredentialsEvent) => this.events.push(event),
      ...options,
    };
    this.get = isOfFleet
      ? createCache(this.#source, cached, true)
      : cacheCredentials(this.#source, cached);
  }

  readonly #source: CredentialsProvider = (options) =>
    new Promise((resolve, reject) => {
      const id = this.asked.length + 1;
      const settled = (): Promise<void> => new Promise((done) => setImmediate(done));
      this.asked.push({
        options,
        answer: (more) => {
          resolve({ ...this.session(id), ...more });
          return settled();
        },
        fail: (error) => {
          reject(error);
          return settled();
        },
      });
    });

  session(id: number, lifetime = HOUR): Credentials {
    return {
      accessKeyId: `ASIA${id}`,
      secretAccessKey: 's3cret',
      sessionToken: 't0ken',
      expiration: new Date(this.time + lifetime),
    };
  }

  /** The first session is there. */
  async warm(): Promise<this> {
    const first = this.get();
    await this.last.answer();
    await first;
    return this;
  }

  get last(): Asked {
    return this.asked.at(-1) as Asked;
  }

  /** Calls, and tells the key, the error's message, or that it waits. */
  async key(options?: Parameters<CachedCredentials>[0]): Promise<string> {
    return Promise.race([
      this.get(options).then(
        ({ accessKeyId }) => accessKeyId,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ),
      new Promise<string>((done) => setImmediate(() => done('waits'))),
    ]);
  }

  types(): string[] {
    return this.events.map(({ type }) => type);
  }
}

const down = new Error('STS is down');
const denied = new CredentialsError('AccessDenied', 'denied', { recoverable: false });

describe('by the clock', () => {
  test('before the windows the source is not asked', async () => {
    const world = await new World().warm();
    world.time += 45 * MINUTE - 1;
    expect(await world.key()).toBe('ASIA1');
    expect(world.asked.length).toBe(1);
  });

  test('in the advisory window one waits for new ones, all others get the old ones', async () => {
    const world = await new World().warm();
    world.time += 45 * MINUTE;
    const refresher = world.get();
    expect(await world.key()).toBe('ASIA1');
    expect(await world.key()).toBe('ASIA1');
    await world.last.answer();
    expect((await refresher).accessKeyId).toBe('ASIA2');
    expect(await world.key()).toBe('ASIA2');
    expect(world.asked.length).toBe(2);
  });

  test.each([
    ['in the last minute', 59 * MINUTE],
    ['after the end', 61 * MINUTE],
  ])('%s all wait, for one fetch', async (_name, later) => {
    const world = await new World().warm();
    world.time += later;
    const all = [world.get(), world.get(), world.get()];
    expect(await world.key()).toBe('waits');
    await world.last.answer();
    expect((await Promise.all(all)).map(({ accessKeyId }) => accessKeyId)).toEqual(
      Array.from({ length: 3 }, () => 'ASIA2'),
    );
    expect(world.asked.length).toBe(2);
  });

  test('who comes in the last minute joins the fetch of the advisory window', async () => {
    const world = await new World().warm();
    world.time += 59 * MINUTE - 1;
    void world.get();
    world.time += 1;
    expect(await world.key()).toBe('waits');
    expect(world.asked.length).toBe(2);
  });

  test('the windows are computed anew after each refresh', async () => {
    const world = await new World().warm();
    world.time += 50 * MINUTE;
    void world.get();
    await world.last.answer(world.session(2, 15 * MINUTE));
    world.time += 10 * MINUTE - 1;
    expect(await world.key()).toBe('ASIA2');
    world.time += 1;
    expect(await world.key()).toBe('waits');
  });

  test('the lifetime counts from when they arrive', async () => {
    const world = new World();
    void world.get();
    world.time += 30_000;
    await world.last.answer(world.session(1, 20 * MINUTE));
    world.time += 15 * MINUTE - 1;
    expect(await world.key()).toBe('ASIA1');
  });

  test('the advisory window can be named', async () => {
    const world = await new World({ advisoryWindow: 120 }).warm();
    world.time += 58 * MINUTE - 1;
    expect(await world.key()).toBe('ASIA1');
    world.time += 1;
    expect(await world.key()).toBe('waits');
  });

  test('those without expiration are kept until they are invalidated', async () => {
    const keys = { accessKeyId: 'AKIA', secretAccessKey: 's' };
    const source = vi.fn<CredentialsProvider>(async () => keys);
    let time = NOW;
    const get = cacheCredentials(source, { now: () => time });
    await get();
    time += 1e13;
    await get();
    expect(source).toHaveBeenCalledTimes(1);
    get.invalidate({ accessKeyId: 'AKIA' });
    await get();
    expect(source).toHaveBeenCalledTimes(2);
  });

  test('credentials that come with their end near are not asked for at each call', async () => {
    const world = new World();
    void world.get();
    await world.last.answer(world.session(1, 4 * MINUTE));
    world.time += MINUTE - 1;
    expect(await world.key()).toBe('ASIA1');
    expect(world.asked.length).toBe(1);
  });
});

describe('the spread of a fleet', () => {
  test('is not what cacheCredentials does by itself', async () => {
    const world = await new World({ random: () => 1 }).warm();
    world.time += 45 * MINUTE - 1;
    expect(await world.key()).toBe('ASIA1');
    world.time += 1;
    expect(await world.key()).toBe('waits');
  });

  test('a session that somebody waited for is renewed at a random time, a tenth of the way at the earliest', async () => {
    const world = await new World({ random: () => 1 }, true).warm();
    world.time += 4.5 * MINUTE - 1;
    expect(await world.key()).toBe('ASIA1');
    world.time += 1;
    expect(await world.key()).toBe('waits');
  });

  test('the next one, renewed in time, keeps to the rule', async () => {
    const world = await new World({ random: () => 1 }, true).warm();
    world.time += 20 * MINUTE;
    void world.get();
    await world.last.answer();
    world.time += 45 * MINUTE - 1;
    expect(await world.key()).toBe('ASIA2');
    world.time += 1;
    expect(await world.key()).toBe('waits');
  });

  test.each([
    ['may pass', down],
    ['will not pass', denied],
  ])('after a failure that %s the fleet is spread again, once', async (_name, failure) => {
    const world = await new World({ random: () => 1 }, true).warm();
    world.time += 20 * MINUTE;
    void world.get().catch(() => {});
    await world.last.fail(failure);
    world.time += 10 * MINUTE;
    void world.get();
    await world.last.answer();
    world.time += 4.5 * MINUTE;
    void world.get();
    await world.last.answer();
    world.time += 45 * MINUTE - 1;
    expect(await world.key()).toBe('ASIA4');
  });
});

describe('a failure that may pass', () => {
  test.each([
    ['in the advisory window', 45 * MINUTE],
    ['in the last minute', 59 * MINUTE],
    ['after the end', 2 * HOUR],
  ])('%s keeps the old ones in use, for who waited too', async (_name, later) => {
    const world = await new World().warm();
    world.time += later;
    const waiting = world.get();
    await world.last.fail(down);
    expect((await waiting).accessKeyId).toBe('ASIA1');
    expect(await world.key()).toBe('ASIA1');
    expect(world.asked.length).toBe(2);
  });

  test.each([
    [0, 300],
    [0.5, 450],
    [1, 600],
  ])('random %d: the source is not asked for %d s', async (random, seconds) => {
    const world = await new World({ random: () => random, advisoryWindow: 60 }).warm();
    world.time += HOUR;
    void world.get();
    await world.last.fail(down);
    world.time += seconds * 1000 - 1;
    expect(await world.key()).toBe('ASIA1');
    expect(await world.key({ forceRefresh: true })).toBe('ASIA1');
    expect(world.asked.length).toBe(2);
    world.time += 1;
    expect(await world.key()).toBe('waits');
    await world.last.answer();
    expect(await world.key()).toBe('ASIA3');
  });

  test('a success ends it', async () => {
    const world = await new World().warm();
    world.time += 45 * MINUTE;
    void world.get();
    await world.last.fail(down);
    world.time += 5 * MINUTE;
    void world.get();
    await world.last.answer();
    world.get.invalidate({ accessKeyId: 'ASIA3' });
    expect(await world.key()).toBe('waits');
  });

  test('an answer that has ended already is one', async () => {
    const world = await new World().warm();
    world.time += 45 * MINUTE;
    const waiting = world.get();
    await world.last.answer(world.session(2, 0));
    expect((await waiting).accessKeyId).toBe('ASIA1');
    expect(world.events).toContainEqual({
      type: 'fetch-failed',
      duration: 0,
      code: 'ExpiredAnswer',
      recoverable: true,
    });
    expect(await world.key()).toBe('ASIA1');
    expect(world.asked.length).toBe(2);
  });

  test('with nothing to fall back on it is thrown to all who wait, and the next call asks', async () => {
    const world = new World();
    const both = Promise.allSettled([world.get(), world.get()]);
    await world.last.fail(down);
    expect(await both).toEqual([
      { status: 'rejected', reason: down },
      { status: 'rejected', reason: down },
    ]);
    expect(await world.key()).toBe('waits');
    await world.last.answer();
    expect(await world.key()).toBe('ASIA2');
  });

  test('a first answer that has ended is thrown', async () => {
    const world = new World();
    const first = world.get();
    void first.catch(() => {});
    await world.last.answer({ expiration: new Date(NOW) });
    await expect(first).rejects.toMatchObject({ code: 'ExpiredAnswer', recoverable: true });
  });

  test.each([null, {}, { accessKeyId: 'A', secretAccessKey: 'a b' }])(
    '%j is no credentials, and not kept',
    async (given) => {
      const source = vi
        .fn<CredentialsProvider>()
        .mockResolvedValueOnce(given as unknown as Credentials)
        .mockResolvedValue({ accessKeyId: 'AKIA', secretAccessKey: 's' });
      const get = cacheCredentials(source);
      await expect(get()).rejects.toMatchObject({ code: 'ERR_SIGV4_CREDENTIALS' });
      expect((await get()).accessKeyId).toBe('AKIA');
    },
  );

  test('a source that throws at once', async () => {
    const get = cacheCredentials(() => {
      throw down;
    });
    await expect(get()).rejects.toBe(down);
    await expect(get()).rejects.toBe(down);
  });
});

describe('a failure that will not pass', () => {
  test.each([
    ['on a cold cache', 0],
    ['in the advisory window', 45 * MINUTE],
    ['after the end', 2 * HOUR],
  ])('%s is thrown at once, and remembered', async (_name, later) => {
    const world = later === 0 ? new World() : await new World().warm();
    world.time += later;
    const before = world.asked.length;
    const first = world.get();
    void first.catch(() => {});
    await world.last.fail(denied);
    await expect(first).rejects.toBe(denied);
    world.time += 999;
    expect(await world.key()).toBe('denied');
    expect(world.asked.length).toBe(before + 1);
    world.time += 1;
    expect(await world.key()).toBe('waits');
  });

  test('for up to 5 s', async () => {
    const world = await new World({ random: () => 1 }).warm();
    world.time += HOUR;
    void world.get().catch(() => {});
    await world.last.fail(denied);
    world.time += 4999;
    expect(await world.key()).toBe('denied');
    world.time += 1;
    expect(await world.key()).toBe('waits');
  });

  test('it starts no back-off', async () => {
    const world = await new World().warm();
    world.time += HOUR;
    void world.get().catch(() => {});
    await world.last.fail(denied);
    expect(world.types()).not.toContain('back-off-begun');
  });
});

describe('atHand', () => {
  test('gives a copy until it is time to renew, and asks for nothing', async () => {
    const world = new World();
    expect(world.get.atHand()).toBeUndefined();
    expect(world.asked.length).toBe(0);
    await world.warm();
    const copy = world.get.atHand();
    expect(copy).toEqual(world.session(1));
    copy?.expiration?.setTime(0);
    world.time += 45 * MINUTE - 1;
    expect(world.get.atHand()).toMatchObject({
      accessKeyId: 'ASIA1',
      expiration: expect.any(Date),
    });
    expect(world.get.atHand()?.expiration?.getTime()).toBe(NOW + HOUR);
    world.time += 1;
    expect(world.get.atHand()).toBeUndefined();
    expect(world.asked.length).toBe(1);
  });

  test('gives none that AWS refused', async () => {
    const world = await new World().warm();
    world.get.invalidate({ accessKeyId: 'ASIA1' });
    expect(world.get.atHand()).toBeUndefined();
  });
});

describe('invalidate', () => {
  test('has all callers wait for others', async () => {
    const world = await new World().warm();
    world.get.invalidate({ accessKeyId: 'ASIA1' });
    const both = Promise.all([world.get(), world.get()]);
    await world.last.answer();
    expect((await both).map(({ accessKeyId }) => accessKeyId)).toEqual(['ASIA2', 'ASIA2']);
    expect(world.asked.length).toBe(2);
  });

  test('does nothing if others are there already', async () => {
    const world = await new World().warm();
    world.get.invalidate({ accessKeyId: 'ASIA0' });
    expect(await world.key()).toBe('ASIA1');
    expect(world.types()).not.toContain('invalidated');
  });

  test('during a back-off the source is not asked; after it, it is', async () => {
    const world = await new World().warm();
    world.time += 45 * MINUTE;
    void world.get();
    await world.last.fail(down);
    world.get.invalidate({ accessKeyId: 'ASIA1' });
    expect(await world.key()).toBe('ASIA1');
    expect(world.asked.length).toBe(2);
    world.time += 5 * MINUTE;
    expect(await world.key()).toBe('waits');
  });

  test('by 50 callers at once makes one fetch', async () => {
    const world = await new World().warm();
    const all = Array.from({ length: 50 }, () => {
      world.get.invalidate({ accessKeyId: 'ASIA1' });
      return world.get();
    });
    await world.last.answer();
    await Promise.all(all);
    expect(world.asked.length).toBe(2);
    expect(world.types().filter((type) => type === 'invalidated').length).toBe(1);
  });
});

describe('a caller', () => {
  test('can leave, the others get theirs', async () => {
    const world = new World();
    const leaving = new AbortController();
    const left = world.get({ signal: leaving.signal });
    const stayed = world.get();
    const joined = world.get({ signal: leaving.signal });
    leaving.abort(new Error('enough'));
    await expect(left).rejects.toThrow('enough');
    await expect(joined).rejects.toThrow('enough');
    await world.last.answer();
    expect((await stayed).accessKeyId).toBe('ASIA1');
    expect(world.last.options).toEqual({});
  });

  test('that left before it came starts no fetch', async () => {
    const world = new World();
    await expect(world.get({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow(
      'before',
    );
    expect(world.asked.length).toBe(0);
  });

  test('that has its answer leaves no listener behind', async () => {
    const world = new World();
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    const get = world.get({ signal });
    await world.last.answer();
    await get;
    expect(remove.mock.calls.length).toBe(add.mock.calls.length);
    const waiting = world.get({ signal, forceRefresh: true });
    await new Promise((resolve) => setImmediate(resolve));
    expect(add.mock.calls.length).toBe(remove.mock.calls.length + 1);
    await world.last.answer();
    await waiting;
    expect(remove.mock.calls.length).toBe(add.mock.calls.length);
  });

  test('10,000 of them on a cold cache: one fetch', async () => {
    const world = new World();
    const all = Array.from({ length: 10_000 }, () => world.get());
    await world.last.answer();
    const keys = (await Promise.all(all)).map(({ accessKeyId }) => accessKeyId);
    expect(new Set(keys)).toEqual(new Set(['ASIA1']));
    expect(world.asked.length).toBe(1);
  });

  test('forceRefresh asks the source, and joins who asks already', async () => {
    const world = await new World().warm();
    expect(await world.key({ forceRefresh: true })).toBe('waits');
    expect(await world.key({ forceRefresh: true })).toBe('waits');
    expect(world.asked.length).toBe(2);
    await world.last.answer();
    expect(await world.key()).toBe('ASIA2');
  });

  test('cannot change what is cached', async () => {
    const mine = { accessKeyId: 'AKIA', secretAccessKey: 's' };
    const get = cacheCredentials(async () => mine);
    await get();
    mine.accessKeyId = 'changed';
    expect((await get()).accessKeyId).toBe('AKIA');
  });

  test('may give fields that are inherited or not enumerable', async () => {
    class Session {
      readonly accessKeyId = 'ASIA';
      readonly expiration = new Date(NOW + HOUR);
      constructor() {
        Object.defineProperty(this, 'secretAccessKey', { value: 's', enumerable: false });
      }
      get sessionToken(): string {
        return 't';
      }
    }
    const get = cacheCredentials(async () => new Session() as unknown as Credentials, {
      now: () => NOW,
    });
    expect(await get()).toEqual({
      accessKeyId: 'ASIA',
      secretAccessKey: 's',
      sessionToken: 't',
      expiration: new Date(NOW + HOUR),
    });
  });
});

test('a source that keeps what it gave is told to give others', async () => {
  const world = await new World().warm();
  world.time += HOUR;
  void world.get();
  expect(world.asked.map(({ options }) => options)).toEqual([{}, { forceRefresh: true }]);
});

describe('a fetch that never settles', () => {
  test('is given up by the clock, and its callers get the next result', async () => {
    const world = new World();
    const frozen = world.get();
    world.time += 60_000;
    expect(await world.key()).toBe('waits');
    expect(world.asked.length).toBe(1);
    world.time += 1;
    const thawed = world.get();
    expect(world.asked.length).toBe(2);
    await world.last.answer();
    expect((await thawed).accessKeyId).toBe('ASIA2');
    expect((await frozen).accessKeyId).toBe('ASIA2');
  });

  test('is given up if the clock is set back far, too', async () => {
    const world = new World();
    void world.get();
    world.time -= HOUR;
    void world.get();
    expect(world.asked.length).toBe(2);
  });

  test('its late answer does not take the place of a newer one', async () => {
    const world = new World();
    void world.get();
    const [frozen] = world.asked;
    world.time += HOUR;
    void world.get();
    await world.last.answer();
    await frozen?.answer();
    expect(await world.key()).toBe('ASIA2');
  });

  test('its late answer is used as long as there is no newer one', async () => {
    const world = new World();
    void world.get();
    const [frozen] = world.asked;
    world.time += HOUR;
    void world.get();
    await frozen?.answer();
    expect(await world.key()).toBe('ASIA1');
    await world.last.answer();
    expect(await world.key()).toBe('ASIA2');
  });

  test('nor is one lost that comes before the newer one', async () => {
    const world = await new World().warm();
    world.time += HOUR;
    void world.get();
    const frozen = world.last;
    world.time += HOUR;
    void world.get();
    await frozen.answer();
    expect(await world.key()).toBe('ASIA2');
  });

  test('its late failure is nobody’s', async () => {
    const world = await new World().warm();
    world.time += 50 * MINUTE;
    void world.get();
    const frozen = world.last;
    world.time += HOUR;
    const thawed = world.get();
    await frozen.fail(denied);
    expect(await world.key()).toBe('waits');
    await world.last.answer();
    expect((await thawed).accessKeyId).toBe('ASIA3');
  });

  test('its late failure is not remembered', async () => {
    const world = await new World().warm();
    world.time += 50 * MINUTE;
    void world.get();
    const frozen = world.last;
    world.time += HOUR;
    void world.get();
    await frozen.fail(denied);
    await world.last.fail(down);
    expect(await world.key()).toBe('ASIA1');
  });

  test('one that fails after the process was stopped begins no back-off', async () => {
    const world = await new World().warm();
    world.time += 50 * MINUTE;
    void world.get();
    world.time += HOUR;
    await world.last.fail(new Error('ECONNRESET'));
    expect(await world.key()).toBe('waits');
    await world.last.answer();
    expect(await world.key()).toBe('ASIA3');
  });
});

describe('a source that never answers', () => {
  const TIMEOUT = { name: 'CredentialsError', code: 'Timeout', recoverable: true };

  test('keeps nobody waiting: the time-out is thrown to all, and the next call asks anew', async () => {
    const world = new World();
    const all = Array.from({ length: 100 }, () => world.get());
    const outcomes = Promise.allSettled(all);
    expect(world.timers.map(({ ms }) => ms)).toEqual([60_000]);
    world.timers[0]?.fire();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: TIMEOUT });
    }
    expect(await world.key()).toBe('waits');
    expect(world.asked.length).toBe(2);
    await world.last.answer();
    expect(await world.key()).toBe('ASIA2');
  });

  test.each([
    ['in the advisory window', 45 * MINUTE],
    ['after the end', 2 * HOUR],
  ])('%s leaves the old ones in use, for who waited too', async (_name, later) => {
    const world = await new World().warm();
    world.time += later;
    const waiting = world.get();
    world.timers.at(-1)?.fire();
    expect((await waiting).accessKeyId).toBe('ASIA1');
    expect(await world.key()).toBe('ASIA1');
    expect(world.types().slice(2)).toContain('back-off-begun');
    expect(world.asked.length).toBe(2);
  });

  test('has the time that it was given, and is not asked again before', async () => {
    const world = new World({ sourceTimeout: 300 });
    void world.get();
    expect(world.timers.map(({ ms }) => ms)).toEqual([300_000]);
    world.time += 300_000;
    expect(await world.key()).toBe('waits');
    expect(world.asked.length).toBe(1);
  });

  test('is not held to it once it has answered', async () => {
    const world = await new World().warm();
    expect(world.timers.map(({ signal }) => signal?.aborted)).toEqual([true]);
    world.timers[0]?.fire();
    expect(await world.key()).toBe('ASIA1');
  });

  test('may answer when the time is over: nobody hears it', async () => {
    const world = new World();
    const late = world.get();
    world.timers[0]?.fire();
    await expect(late).rejects.toMatchObject(TIMEOUT);
    await world.last.answer();
    expect(await world.key()).toBe('waits');
    expect(world.asked.length).toBe(2);
  });
});

describe('what a caller gets is its own', () => {
  /** Everything that a caller can do to an object. */
  function spoil(credentials: Credentials): void {
    const mine = credentials as unknown as Record<string, unknown>;
    credentials.expiration?.setTime(0);
    for (const name of Object.keys(mine)) mine[name] = 'spoilt';
    delete mine['sessionToken'];
    Object.setPrototypeOf(mine, { sessionToken: 'spoilt' });
  }

  /** Calls in each state of the cache, each of which tells what it got and spoils it. */
  async function throughADay(spoils: (credentials: Credentials) => void): Promise<string[]> {
    const world = new World();
    const seen: string[] = [];
    const see = async (call: Promise<Credentials>): Promise<void> => {
      const got = await call;
      seen.push(JSON.stringify(got));
      spoils(got);
    };
    const shared = [world.get(), world.get()];
    await world.last.answer({ accountId: '111111111111' } as Partial<Credentials>);
    for (const call of shared) await see(call);
    await see(world.get());
    // In the advisory window, while somebody else asks.
    world.time += 45 * MINUTE;
    const refresher = world.get();
    await see(world.get());
    await world.last.fail(down);
    await see(refresher);
    // In the back-off, and past the end.
    await see(world.get());
    world.time += HOUR;
    const failing = [world.get(), world.get()];
    await world.last.fail(down);
    for (const call of failing) await see(call);
    await see(world.get());
    return seen;
  }

  test('spoiling it changes nothing for anybody else', async () => {
    const untouched = await throughADay(() => {});
    expect(untouched.length).toBe(9);
    expect(new Set(untouched).size).toBe(1);
    expect(await throughADay(spoil)).toEqual(untouched);
  });

  test('so is what the source keeps: the cache took it when it was given', async () => {
    const kept = { ...new World().session(1), accountId: '111111111111', $source: { CODE: 'e' } };
    const get = cacheCredentials(async () => kept, { now: () => NOW });
    const before = await get();
    kept.$source.CODE = 'changed';
    spoil(kept);
    expect(await get()).toEqual(before);
    expect(before).toMatchObject({ accessKeyId: 'ASIA1', expiration: new Date(NOW + HOUR) });
    expect(before).not.toHaveProperty('$source');
  });
});

describe('a clock that is set back', () => {
  test('ends a back-off', async () => {
    const world = await new World().warm();
    world.time += 45 * MINUTE;
    void world.get();
    await world.last.fail(down);
    world.time -= 1;
    world.get.invalidate({ accessKeyId: 'ASIA1' });
    expect(await world.key()).toBe('waits');
  });
});

describe('events', () => {
  test('tell what happens, in order, and how long it took', async () => {
    const world = await new World().warm();
    world.time += 50 * MINUTE;
    void world.get();
    world.time += 1500;
    await world.last.fail(down);
    world.time += 15 * MINUTE;
    void world.get();
    world.time += 20;
    await world.last.answer();
    world.get.invalidate({ accessKeyId: 'ASIA3' });
    const first = new Date(NOW + HOUR);
    expect(world.events).toEqual([
      { type: 'fetch-started' },
      { type: 'fetch-succeeded', duration: 0, expiration: first },
      { type: 'fetch-started' },
      { type: 'fetch-failed', duration: 1500, code: 'Error', recoverable: true },
      { type: 'back-off-begun', duration: 300_000, expiration: first },
      { type: 'fetch-started' },
      { type: 'fetch-succeeded', duration: 20, expiration: new Date(world.time + HOUR) },
      { type: 'invalidated' },
    ]);
  });

  test('say once that credentials are in use that have ended', async () => {
    const world = await new World().warm();
    world.time += HOUR;
    void world.get();
    await world.last.fail(down);
    await world.key();
    await world.key();
    expect(world.types().filter((type) => type === 'expired-served').length).toBe(1);
  });

  test('give a listener nothing that it could change', async () => {
    const spoil = (event: CredentialsEvent): void => {
      if ('expiration' in event) event.expiration?.setTime(0);
    };
    const world = await new World({ onEvent: spoil }).warm();
    const end = new Date(NOW + HOUR);
    world.time += 45 * MINUTE - 1;
    expect((await world.get()).expiration).toEqual(end);
    world.time += HOUR;
    void world.get();
    await world.last.fail(down);
    expect((await world.get()).expiration).toEqual(end);
  });

  test('hold no secret and no key', async () => {
    const world = await new World().warm();
    world.time += HOUR;
    void world.get();
    await world.last.fail(new Error('s3cret t0ken'));
    world.get.invalidate({ accessKeyId: 'ASIA1' });
    expect(JSON.stringify(world.events)).not.toMatch(/s3cret|t0ken|ASIA/);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('listener');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('listener'))],
  ])('a listener that %s harms nobody', async (_name, onEvent) => {
    const world = await new World({ onEvent }).warm();
    expect(await world.key()).toBe('ASIA1');
  });
});

describe('idempotent', () => {
  test('a cached provider is returned as it is', () => {
    const { get } = new World();
    expect(cacheCredentials(get)).toBe(get);
    expect(cacheCredentials(cacheCredentials(get))).toBe(get);
  });

  test("one that another cache made, such as the SDK's, is cached", () => {
    const memoized = Object.assign(async () => new World().session(1), { memoized: true });
    expect(cacheCredentials(memoized)).not.toBe(memoized);
  });

  test('one that can only be told of refusals is cached', () => {
    const told = Object.assign(async () => new World().session(1), { invalidate: () => {} });
    expect(cacheCredentials(told)).not.toBe(told);
  });
});

test.each<[unknown, object, RegExp]>([
  [{}, {}, /^cacheCredentials: expected an async function/],
  [async () => ({}), { advisoryWindow: 0 }, /advisoryWindow: expected a number of seconds from 1/],
  [async () => ({}), { advisoryWindow: Number.NaN }, /advisoryWindow/],
  [async () => ({}), { now: 1 }, /now: expected a function, got 1/],
  [async () => ({}), { refresh: 1 }, /refresh: there is no such option; there are advisoryWindow/],
])('%o with %j is refused', (source, options, message) => {
  expect(() => cacheCredentials(source as CredentialsProvider, options)).toThrow(message);
});
