/** A clock that a test moves. It stands still in between. */
export interface TestClock {
  /** ms since the epoch; can be handed on as `now` without its object. */
  readonly now: () => number;
  /** By ms, or by a text such as `'90s'`, `'55m'`, `'12h'`, `'1d'`; back by a negative one. */
  advance(by: number | string): void;
  set(to: Date | number): void;
}

const MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @param start ms since the epoch. Default: now, by this machine's clock. */
export function createClock(start: number = Date.now()): TestClock {
  let time = start;
  return {
    now: () => time,
    advance: (by) => {
      time += durationInMs(by);
    },
    set: (to) => {
      time = Number(to);
    },
  };
}

/** A clock that goes on by itself, as this machine's does, for callers in other processes. */
export function createRunningClock(): TestClock {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    advance: (by) => {
      ahead += durationInMs(by);
    },
    set: (to) => {
      ahead = Number(to) - Date.now();
    },
  };
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
