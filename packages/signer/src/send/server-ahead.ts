import type { Answer } from '../rejection/answer.ts';

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
  const date = Date.parse(headers.get('date') ?? '');
  if (Number.isNaN(date) || headers.get('age') !== null) return undefined;
  return date - (sentAt + receivedAt) / 2;
}
