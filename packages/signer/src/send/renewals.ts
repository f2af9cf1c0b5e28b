import { isSameSession, type Credentials } from '../credentials/credentials.ts';

/** A refusal that stays must not cost a session each time. */
const PERIOD_MS = 5 * 60_000;
/** What a server can make us renew in that time, by refusing old sessions and taking new ones. */
const MOST = 5;

/** The renewals that one origin caused for one reason. */
interface Count {
  readonly since: number;
  /** Whose renewal was asked for last. */
  of: Credentials;
  left: number;
}

/**
 * How often one origin's refusals may have credentials renewed: not again for five minutes once
 * fresh ones were refused for the same reason, and at most five times in five minutes.
 */
export class Renewals {
  readonly #counts = new Map<string, Count>();

  /**
   * Whether others may be asked for. Many calls can be refused at once with the same credentials,
   * and share one renewal.
   *
   * @param at ms since the epoch
   */
  allow(reason: string, refused: Credentials, at: number): boolean {
    const count = this.#counts.get(reason);
    if (count === undefined || Math.abs(at - count.since) >= PERIOD_MS) {
      this.#counts.set(reason, { since: at, of: refused, left: MOST - 1 });
      return true;
    }
    if (isSameSession(count.of, refused)) return true;
    if (count.left <= 0) return false;
    count.left -= 1;
    count.of = refused;
    return true;
  }

  /** Fresh credentials were refused for the same reason: others would be too. */
  stop(reason: string): void {
    const count = this.#counts.get(reason);
    if (count !== undefined) count.left = 0;
  }
}
