import type { Answer } from './answer.ts';

/** The answer's `Date`, in ms; `undefined` if it has none, or comes from a cache, with an older one. */
export function serverTime(headers: Answer['headers']): number | undefined {
  const date = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(date) || headers.get('age') !== null ? undefined : date;
}

/**
 * How far the server's clock is ahead of this machine's (negative: behind), by the answer's `Date`
 * against the middle of the round trip.
 *
 * @returns ms; `undefined` if the answer does not tell: no date, or an answer from a cache
 */
export function serverAhead(
  headers: Answer['headers'],
  sentAt: number,
  receivedAt: number,
): number | undefined {
  const date = serverTime(headers);
  return date === undefined ? undefined : date - (sentAt + receivedAt) / 2;
}
