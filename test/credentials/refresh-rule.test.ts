// The refresh rule as tables. The cache must do what they say through random days: calls, answers,
// failures, refusals, callers that leave, and a clock that jumps both ways.
import assert from 'node:assert/strict';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { cacheCredentials, CredentialsError, type Credentials } from '@sigv4/credentials';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 0, 1);

const FAILURES = {
  AccessDenied: new CredentialsError('AccessDenied', 'no', { recoverable: false }),
  down: new Error('down'),
};

type Step =
  | { readonly is: 'time'; readonly passes: number }
  | { readonly is: 'call' | 'leave' | 'refused' }
  /** `first`: the oldest open fetch is answered, else the newest. A lifetime of 0 has no end. */
  | { readonly is: 'answer'; readonly lifetime: number; readonly first: boolean }
  | { readonly is: 'failure'; readonly error: keyof typeof FAILURES; readonly first: boolean };

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ is: fc.constant('call' as const) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        is: fc.constant('time' as const),
        passes: fc.oneof(
          fc.constantFrom(1, 30, 60, 61, 75, 300, 2640, 2700, 3540, 3600, -1, -61, -3600, -86_400),
          fc.integer({ min: 0, max: 4000 }),
        ),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        is: fc.constant('answer' as const),
        lifetime: fc.constantFrom(0, -5, 30, 60, 300, 1200, 1201, 3600, 5399, 5400, 43_200),
        first: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        is: fc.constant('failure' as const),
        error: fc.constantFrom('AccessDenied', 'down'),
        first: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ is: fc.constantFrom('leave', 'refused') }) },
  ),
  { maxLength: 40, size: 'max' },
) as fc.Arbitrary<Step[]>;

interface Fetch {
  readonly key: string;
  readonly at: number;
  readonly resolve: (credentials: Credentials) => void;
  readonly reject: (error: Error) => void;
}

interface Caller {
  readonly leave: AbortController;
  /** A key, or the code or message of an error. */
  got: string | undefined;
}

/** The advisory window by the lifetime. The mandatory one is a minute, or the advisory one if that is shorter. */
const WINDOWS: readonly {
  readonly holds: (lifetime: number) => boolean;
  readonly advisory: number;
}[] = [
  { holds: (lifetime) => lifetime <= 20 * MINUTE, advisory: 5 * MINUTE },
  { holds: (lifetime) => lifetime < 90 * MINUTE, advisory: 15 * MINUTE },
  { holds: () => true, advisory: HOUR },
];

/** What there is when somebody calls. */
interface State {
  readonly cached: 'fresh' | 'advisory' | 'mandatory' | 'refused' | 'none';
  /** Whether the source is being asked, for no longer than a minute. */
  readonly fetch: 'running' | 'none';
  /** Whether the source denied credentials in the last second, or failed in the last five minutes. */
  readonly source: 'denies' | 'rests' | 'ready';
}

/** The first row whose state is there tells whether the call asks the source, and what it gets. */
const CALLS: readonly (Partial<State> & {
  readonly asks: boolean;
  readonly gets: 'the cached ones' | 'the denial' | 'the next answer';
})[] = [
  { cached: 'fresh', asks: false, gets: 'the cached ones' },
  { cached: 'advisory', fetch: 'running', asks: false, gets: 'the cached ones' },
  { fetch: 'running', asks: false, gets: 'the next answer' },
  { source: 'denies', asks: false, gets: 'the denial' },
  { source: 'rests', asks: false, gets: 'the cached ones' },
  { asks: true, gets: 'the next answer' },
];

/** What those who wait get from an answer. `ended` credentials are a failure that may pass. */
const ANSWERS: readonly {
  readonly answer: 'good' | 'AccessDenied' | 'down' | 'ended';
  readonly hasCached?: boolean;
  readonly gets: 'the new ones' | 'the cached ones' | 'the error';
  readonly afterwards: State['source'];
}[] = [
  { answer: 'good', gets: 'the new ones', afterwards: 'ready' },
  { answer: 'AccessDenied', gets: 'the error', afterwards: 'denies' },
  { answer: 'down', hasCached: true, gets: 'the cached ones', afterwards: 'rests' },
  { answer: 'ended', hasCached: true, gets: 'the cached ones', afterwards: 'rests' },
  { answer: 'down', hasCached: false, gets: 'the error', afterwards: 'ready' },
  { answer: 'ended', hasCached: false, gets: 'the error', afterwards: 'ready' },
];

class World {
  time = START;
  asked = 0;
  open: Fetch[] = [];
  waiting: Caller[] = [];
  readonly #get = cacheCredentials(
    () =>
      new Promise((resolve, reject) => {
        this.asked += 1;
        this.open.push({ key: `ASIA${this.asked}`, at: this.time, resolve, reject });
      }),
    // No spread over time; pauses of 300 s and 1 s; no time-out.
    { now: () => this.time, random: () => 0, sleep: () => new Promise(() => {}) },
  );

  session: { key: string; advisory: number; mandatory: number; isRefused: boolean } | undefined;
  running: Fetch | undefined;
  /** The newest fetch whose answer was taken. */
  accepted = 0;
  rested = Number.NaN;
  denied = Number.NaN;

  get isOld(): boolean {
    return this.running !== undefined && Math.abs(this.time - this.running.at) > MINUTE;
  }

  #since(moment: number, duration: number): boolean {
    return this.time >= moment && this.time < moment + duration;
  }

  get state(): State {
    const { session, time } = this;
    return {
      cached:
        session === undefined
          ? 'none'
          : session.isRefused
            ? 'refused'
            : time < session.advisory
              ? 'fresh'
              : time < session.mandatory
                ? 'advisory'
                : 'mandatory',
      fetch: this.running !== undefined && !this.isOld ? 'running' : 'none',
      source: this.#since(this.denied, SECOND)
        ? 'denies'
        : this.#since(this.rested, 300 * SECOND)
          ? 'rests'
          : 'ready',
    };
  }

  async take(step: Step): Promise<void> {
    if (step.is === 'time') this.time += step.passes * SECOND;
    else if (step.is === 'call') await this.#call();
    else if (step.is === 'leave') await this.#leave();
    else if (step.is === 'refused') this.#refuse();
    else if (step.is === 'answer' || step.is === 'failure') await this.#answer(step);
  }

  async #call(): Promise<void> {
    const { state } = this;
    const row = CALLS.find(
      ({ cached = state.cached, fetch = state.fetch, source = state.source }) =>
        cached === state.cached && fetch === state.fetch && source === state.source,
    );
    const gets = {
      'the cached ones': this.session?.key,
      'the denial': 'AccessDenied',
      'the next answer': undefined,
    };
    const before = this.asked;
    const caller: Caller = { leave: new AbortController(), got: undefined };
    this.#get({ signal: caller.leave.signal }).then(
      ({ accessKeyId }) => (caller.got = accessKeyId),
      (error: { code?: string; message: string }) => (caller.got = error.code ?? error.message),
    );
    await settled();
    assert.deepEqual(
      { state, asks: this.asked > before, gets: caller.got },
      { state, asks: row?.asks, gets: row && gets[row.gets] },
    );
    if (row?.asks) this.running = this.open.at(-1);
    if (caller.got === undefined) this.waiting.push(caller);
  }

  async #leave(): Promise<void> {
    const gone = this.waiting.pop();
    gone?.leave.abort(new Error('left'));
    await settled();
    if (gone) assert.equal(gone.got, 'left');
    assert.ok(this.waiting.every(({ got }) => got === undefined));
  }

  #refuse(): void {
    this.#get.invalidate({ accessKeyId: 'ASIA0' });
    if (this.session === undefined) return;
    this.#get.invalidate({ accessKeyId: this.session.key });
    this.session.isRefused = true;
  }

  async #answer(step: Extract<Step, { first: boolean }>): Promise<void> {
    const fetch = step.first ? this.open.shift() : this.open.pop();
    if (fetch === undefined) return;
    const lifetime =
      step.is === 'answer' && step.lifetime !== 0 ? step.lifetime * SECOND : undefined;
    const end = lifetime === undefined ? {} : { expiration: new Date(this.time + lifetime) };
    if (step.is === 'failure') fetch.reject(FAILURES[step.error]);
    else fetch.resolve({ accessKeyId: fetch.key, secretAccessKey: 's', ...end });
    await settled();

    const isEnded = lifetime !== undefined && lifetime <= 0;
    const answer = step.is === 'failure' ? step.error : isEnded ? 'ended' : 'good';
    const hadCached = this.session !== undefined;
    const wasOld = this.isOld;
    if (answer === 'good') this.#accept(fetch.key, lifetime ?? Number.POSITIVE_INFINITY);
    // Nobody waits for an answer that comes after a newer question.
    if (fetch !== this.running) return;
    this.running = undefined;
    const row = ANSWERS.find(
      ({ answer: ofRow, hasCached = hadCached }) => ofRow === answer && hasCached === hadCached,
    );
    const gets = {
      'the new ones': fetch.key,
      'the cached ones': this.session?.key,
      'the error': answer === 'ended' ? 'ExpiredAnswer' : answer,
    };
    assert.deepEqual(
      this.waiting.map(({ got }) => got),
      this.waiting.map(() => row && gets[row.gets]),
    );
    this.waiting = [];
    if (row?.afterwards === 'denies') this.denied = this.time;
    // A process that was stopped meanwhile learned nothing about the source.
    if (row?.afterwards === 'rests' && !wasOld) this.rested = this.time;
  }

  #accept(key: string, lifetime: number): void {
    const number = Number(key.slice('ASIA'.length));
    if (number < this.accepted) return;
    this.accepted = number;
    const end = this.time + lifetime;
    const { advisory = HOUR } = WINDOWS.find(({ holds }) => holds(lifetime)) ?? {};
    // No window takes more than three quarters of the lifetime.
    const window = Math.min(advisory, lifetime * 0.75);
    this.session = {
      key,
      advisory: end - window,
      mandatory: end - Math.min(window, MINUTE),
      isRefused: false,
    };
    this.rested = Number.NaN;
    this.denied = Number.NaN;
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('the cache does what the tables say, whatever comes', async () => {
  const property = fc.asyncProperty(steps, async (taken) => {
    const world = new World();
    for (const step of taken) await world.take(step);
  });
  await expect(fc.assert(property, { numRuns: 1000 })).resolves.toBeUndefined();
});
