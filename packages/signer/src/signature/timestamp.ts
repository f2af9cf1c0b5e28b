/** A moment as signatures write it. */
export interface Timestamp {
  /** `YYYYMMDD'T'HHMMSS'Z'`, as in `x-amz-date`. */
  readonly text: string;
  /** `YYYYMMDD`, as in the credential scope. */
  readonly day: string;
}

const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Many requests are signed within one second, and share this. */
let last: Timestamp & { readonly second: number } = { second: -1, text: '', day: '' };

/**
 * @param ms since the epoch, from 1970 to 9999
 * @returns the same object for the same second, if nothing else was asked in between
 * @throws {TypeError} if it is not in that range
 */
export function timestamp(ms: number): Timestamp {
  if (!(ms >= 0 && ms <= LATEST)) {
    throw new TypeError(`date: expected a valid Date between 1970 and 9999, got ${ms}`);
  }
  const second = Math.floor(ms / 1000);
  if (second === last.second) return last;
  const iso = new Date(ms).toISOString();
  const day = iso.slice(0, 4) + iso.slice(5, 7) + iso.slice(8, 10);
  const text = `${day}T${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
  last = { second, text, day };
  return last;
}
