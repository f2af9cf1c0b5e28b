/** This machine's clock, and what AWS's answers told of its error. */
export interface CorrectedClock {
  /** The time to sign with, ms since the epoch. */
  now(): number;
  /** What is added to this machine's clock, in ms. */
  offset: number;
}

export function correctedClock(now: () => number): CorrectedClock {
  const clock = { offset: 0, now: () => now() + clock.offset };
  return clock;
}
