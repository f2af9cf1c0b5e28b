import { refuse } from './refusal.ts';

/** A moment as signatures write it. */
export interface Timestamp {
  /** `YYYYMMDD'T'HHMMSS'Z'`, as in `x-amz-date`. */
  readonly text: string;
  /** `YYYYMMDD`, as in the credential scope. */
  readonly day: string;
}

const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Many requests are signed within a second. */
let last: Timestamp & { readonly second: number } = { second: -1, text: '', day: '' };

/** @param ms since the epoch, from 1970 to 9999 */
export function timestamp(ms: number): Timestamp {
  if (!(ms >= 0 && ms <= LATEST)) refuse('date', String(ms));
  const second = Math.floor(ms / 1000);
  if (second === last.second) return last;
  const text = `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  last = { second, text, day: text.slice(0, 8) };
  return last;
}
