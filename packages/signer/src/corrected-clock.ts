import type { Answer } from './answer.ts';

/** A clock that is this far off still signs well: AWS allows 5 minutes. */
const TOLERATED_MS = 4 * 60_000;
/** After this long, the middle of the round trip says nothing. */
const LONGEST_ROUND_TRIP_MS = 15 * 60_000;

/** This machine's clock, and what AWS's answers told of its error. */
export class CorrectedClock {
  readonly #now: () => number;
  #offset = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What is added to this machine's clock, in ms. */
  get offset(): number {
    return this.#offset;
  }

  /** The time to sign with, ms since the epoch. */
  now(): number {
    return this.#now() + this.#offset;
  }

  /**
   * Learns from a rejection for a skewed clock.
   *
   * @param usedOffset that the rejected attempt was signed with
   * @returns whether signing again is worth it: the answer tells another time than was used
   */
  correct(answer: Answer, sentAt: number, receivedAt: number, usedOffset: number): boolean {
    const measured = measure(answer, sentAt, receivedAt);
    if (measured === undefined || Math.abs(measured - usedOffset) < TOLERATED_MS) return false;
    this.#offset = Math.abs(measured) < TOLERATED_MS ? 0 : measured;
    return true;
  }

  /** Drops the correction once a good answer shows that the clock has been set right. */
  confirm(answer: Answer, sentAt: number, receivedAt: number): void {
    if (this.#offset === 0) return;
    const measured = measure(answer, sentAt, receivedAt);
    if (measured !== undefined && Math.abs(measured) < TOLERATED_MS) this.#offset = 0;
  }
}

/**
 * How far this machine's clock is behind the server's (negative: ahead), by the answer's `Date`
 * against the middle of the round trip.
 *
 * @returns ms; `undefined` if the answer does not tell: no date, an answer from a cache, or a
 *   round trip of over 15 minutes
 */
function measure(answer: Answer, sentAt: number, receivedAt: number): number | undefined {
  const date = Date.parse(answer.headers.get('date') ?? '');
  if (Number.isNaN(date) || answer.headers.get('age') !== null) return undefined;
  if (receivedAt < sentAt || receivedAt - sentAt > LONGEST_ROUND_TRIP_MS) return undefined;
  return Math.round(date - (sentAt + receivedAt) / 2);
}
