import type { Answer } from '../rejection/answer.ts';
import type { Endpoint } from './endpoint.ts';
import { serverAhead } from '../rejection/server-ahead.ts';

/** A clock that is this far off still signs well: AWS allows 5 minutes. */
export const TOLERATED_MS: number = 4 * 60_000;
/** After this long, the middle of the round trip says nothing. */
const LONGEST_ROUND_TRIP_MS = 15 * 60_000;

/** An answer, and the times of its round trip by this machine's clock, in ms since the epoch. */
export interface TimedAnswer {
  readonly answer: Answer;
  readonly sentAt: number;
  readonly receivedAt: number;
}

/**
 * Learns from a rejection for a skewed clock.
 *
 * @param usedOffset the offset that the rejected attempt was signed with, in ms
 * @param least how far off the clock has to be, in ms
 * @returns whether signing again is worth it: the answer tells another time than was used
 */
export function correct(
  endpoint: Endpoint,
  rejected: TimedAnswer,
  usedOffset: number,
  least: number,
): boolean {
  const measured = measure(rejected);
  if (measured === undefined || Math.abs(measured - usedOffset) < least) return false;
  endpoint.clockOffset = Math.abs(measured) < TOLERATED_MS ? 0 : measured;
  return true;
}

/** Drops the correction once a good answer shows that the clock has been set right. */
export function confirm(endpoint: Endpoint, good: TimedAnswer): void {
  if (endpoint.clockOffset === 0) return;
  const measured = measure(good);
  if (measured !== undefined && Math.abs(measured) < TOLERATED_MS) endpoint.clockOffset = 0;
}

/** @returns whole ms; `undefined` also after a round trip of over 15 minutes */
function measure({ answer, sentAt, receivedAt }: TimedAnswer): number | undefined {
  if (receivedAt < sentAt || receivedAt - sentAt > LONGEST_ROUND_TRIP_MS) return undefined;
  const ahead = serverAhead(answer.headers, sentAt, receivedAt);
  return ahead === undefined ? undefined : Math.round(ahead);
}
