import { TimedOut } from '../wire/service.ts';

/** A clock that a test moves. It stands still in between. */
export interface TestClock {
  /** ms since the epoch; can be handed on as `now` without its object. */
  readonly now: () => number;
  /** By ms, or by a text such as `'90s'`, `'55m'`, `'12h'`, `'1d'`; back by a negative one. */
  advance(by: number | string): void;
  /** Moves the clock to this moment, forwards or back. */
  set(to: Date | number): void;
  /**
   * Calls back once, when the clock is moved to that time or beyond.
   *
   * @param time ms since the epoch
   * @returns a function that cancels it
   */
  at(time: number, callback: () => void): () => void;
}

const MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

interface Alarm {
  readonly time: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until it is moved.
 *
 * @param start ms since the epoch. Default: now, by this machine's clock.
 */
export function createClock(start: number = Date.now()): TestClock {
  let time = start;
  const alarms = new Set<Alarm>();
  const moveTo = (to: number): void => {
    time = to;
    for (const alarm of alarms) {
      if (alarm.time <= time && alarms.delete(alarm)) alarm.callback();
    }
  };
  return {
    now: () => time,
    advance: (by) => moveTo(time + durationInMs(by)),
    set: (to) => moveTo(Number(to)),
    at: (due, callback) => {
      const alarm = { time: due, callback };
      alarms.add(alarm);
      return () => void alarms.delete(alarm);
    },
  };
}

/** The longest wait that Node's timers take, in ms. */
const LONGEST_WAIT = 2 ** 31 - 1;

/** A clock that goes on by itself, as this machine's does, for callers in other processes. */
export function createRunningClock(): TestClock {
  let ahead = 0;
  const now = (): number => Date.now() + ahead;
  const alarms = new Map<Alarm, NodeJS.Timeout>();
  const wind = (alarm: Alarm): void => {
    clearTimeout(alarms.get(alarm));
    const wait = Math.min(Math.max(alarm.time - now(), 0), LONGEST_WAIT);
    const timer = setTimeout(() => {
      if (alarm.time > now()) return wind(alarm);
      alarms.delete(alarm);
      return alarm.callback();
    }, wait);
    // What waits for an alarm alone does not keep the process alive.
    timer.unref();
    alarms.set(alarm, timer);
  };
  const moveBy = (ms: number): void => {
    ahead += ms;
    for (const alarm of alarms.keys()) wind(alarm);
  };
  return {
    now,
    advance: (by) => moveBy(durationInMs(by)),
    set: (to) => moveBy(Number(to) - now()),
    at: (due, callback) => {
      const alarm = { time: due, callback };
      wind(alarm);
      return () => {
        clearTimeout(alarms.get(alarm));
        alarms.delete(alarm);
      };
    },
  };
}

/**
 * Waits for work at most that long, by the clock. Work that is done by the time the clock is moved
 * still has one turn of the event loop to say so.
 *
 * @throws {TimedOut}
 */
export async function within<T>(clock: TestClock, ms: number, work: Promise<T> | T): Promise<T> {
  let cancel = (): void => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.at(clock.now() + ms, () => void setImmediate(() => reject(new TimedOut(ms))));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}

/** @throws {TypeError} at what is neither ms nor a text such as `'55m'` */
export function durationInMs(duration: number | string): number {
  if (typeof duration === 'number' && !Number.isNaN(duration)) return duration;
  const found = /^(-?\d+(?:\.\d+)?)([smhd])$/.exec(String(duration));
  const [, amount, unit] = found ?? [];
  if (amount === undefined || unit === undefined) {
    throw new TypeError(`expected ms or a text such as '55m', got ${JSON.stringify(duration)}`);
  }
  return Number(amount) * (MS[unit] as number);
}
