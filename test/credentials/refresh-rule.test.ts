// The refresh rule as a model, beside the cache, through random days: calls, answers, failures,
// refusals, callers that leave, and a clock that jumps both ways.
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
  /** `first`: of those that are asked, the first is answered. Lifetime 0: without end. */
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
          fc.constantFrom(1, 30, 60, 61, 300, 2640, 2700, 3540, 3600, -1, -61, -3600, -86_400),
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
    // The rule without stretch; pauses of 300 s and 1 s.
    { now: () => this.time, random: () => 0, sleep: () => new Promise(() => {}) },
  );

  // What the rule knows.
  session: { key: string; advisory: number; mandatory: number } | undefined;
  running: Fetch | undefined;
  accepted = 0;
  rejected = false;
  rest = Number.NaN;
  denied = Number.NaN;

  get isOld(): boolean {
    return this.running !== undefined && Math.abs(this.time - this.running.at) > MINUTE;
  }

  /** Whether a call of now asks the source, and what it gets; `undefined`: the next answer. */
  due(): { readonly asks: boolean; readonly gets: string | undefined } {
    const { session, time } = this;
    const isRunning = this.running !== undefined && !this.isOld;
    const isRefused = this.rejected || session === undefined;
    if (!isRefused && time < session.advisory) return { asks: false, gets: session.key };
    if (isRunning && !isRefused && time < session.mandatory)
      return { asks: false, gets: session.key };
    if (isRunning) return { asks: false, gets: undefined };
    if (time >= this.denied && time < this.denied + SECOND)
      return { asks: false, gets: 'AccessDenied' };
    if (session && time >= this.rest && time < this.rest + 300 * SECOND)
      return { asks: false, gets: session.key };
    return { asks: true, gets: undefined };
  }

  async take(step: Step): Promise<void> {
    if (step.is === 'time') this.time += step.passes * SECOND;
    else if (step.is === 'call') await this.#call();
    else if (step.is === 'leave') await this.#leave();
    else if (step.is === 'refused') this.#refuse();
    else if (step.is === 'answer' || step.is === 'failure') await this.#answer(step);
  }

  async #call(): Promise<void> {
    const due = this.due();
    const before = this.asked;
    const caller: Caller = { leave: new AbortController(), got: undefined };
    this.#get({ signal: caller.leave.signal }).then(
      ({ accessKeyId }) => (caller.got = accessKeyId),
      (error: { code?: string; message: string }) => (caller.got = error.code ?? error.message),
    );
    await settled();
    assert.deepEqual({ asks: this.asked > before, gets: caller.got }, due);
    if (due.asks) this.running = this.open.at(-1);
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
    this.rejected = true;
  }

  async #answer(step: Extract<Step, { first: boolean }>): Promise<void> {
    const fetch = step.first ? this.open.shift() : this.open.pop();
    if (fetch === undefined) return;
    const end = step.is === 'answer' && step.lifetime !== 0 ? step.lifetime * SECOND : undefined;
    const expiration = end === undefined ? {} : { expiration: new Date(this.time + end) };
    if (step.is === 'failure') fetch.reject(FAILURES[step.error]);
    else fetch.resolve({ accessKeyId: fetch.key, secretAccessKey: 's', ...expiration });
    await settled();

    const isGood = step.is === 'answer' && !(end !== undefined && end <= 0);
    const isLate = fetch !== this.running;
    const wasOld = this.isOld;
    if (!isLate) this.running = undefined;
    if (isGood) this.#accept(fetch.key, end ?? Number.POSITIVE_INFINITY);
    if (isLate) return;
    const gets = isGood
      ? fetch.key
      : step.is === 'failure' && (step.error === 'AccessDenied' || !this.session)
        ? step.error
        : (this.session?.key ?? 'ExpiredAnswer');
    assert.deepEqual(
      this.waiting.map(({ got }) => got),
      this.waiting.map(() => gets),
    );
    this.waiting = [];
    if (gets === 'AccessDenied') this.denied = this.time;
    else if (!isGood && this.session && !wasOld) this.rest = this.time;
  }

  #accept(key: string, lifetime: number): void {
    const number = Number(key.slice('ASIA'.length));
    if (number < this.accepted) return;
    this.accepted = number;
    const end = this.time + lifetime;
    const rule = lifetime <= 20 * MINUTE ? 5 * MINUTE : lifetime < 90 * MINUTE ? 15 * MINUTE : HOUR;
    const window = Math.min(rule, lifetime * 0.75);
    this.session = { key, advisory: end - window, mandatory: end - Math.min(window, MINUTE) };
    this.rejected = false;
    this.rest = Number.NaN;
    this.denied = Number.NaN;
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('the cache does what the rule says, whatever comes', async () => {
  const property = fc.asyncProperty(steps, async (taken) => {
    const world = new World();
    for (const step of taken) await world.take(step);
  });
  await expect(fc.assert(property, { numRuns: 1000 })).resolves.toBeUndefined();
});
