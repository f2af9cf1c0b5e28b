import { sleepByTimer, withinTime, type Sleep } from '../cache/time-limit.ts';
import type { StsOptions } from './sts-options.ts';

const ATTEMPTS = 3;

/**
 * Up to three attempts. There is a time limit for each attempt and one for all. An attempt never
 * counts for more than its own limit, so a process that was stopped meanwhile still tries again.
 */
export class Attempts {
  readonly #options: StsOptions;
  readonly #sleep: Sleep;
  #left: number;
  #made = 0;

  constructor(options: StsOptions) {
    this.#options = options;
    this.#sleep = options.sleep ?? sleepByTimer;
    this.#left = (options.timeout ?? 15) * 1000;
  }

  /** @throws {TimeoutError} */
  async limit<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { attemptTimeout = 5 } = this.#options;
    return this.#spend(Math.min(attemptTimeout * 1000, this.#left), (ms) =>
      withinTime(ms, this.#sleep, work),
    );
  }

  /**
   * Pauses before the next attempt: for a random time of up to 0.5 s, then 1 s, or for as long as
   * the server asks if that is longer.
   *
   * @param retryAfter ms
   * @returns whether there is another attempt
   */
  async next(retryAfter = 0): Promise<boolean> {
    this.#made += 1;
    const { random = Math.random } = this.#options;
    const pause = Math.max(retryAfter, random() * 250 * 2 ** this.#made);
    if (this.#made === ATTEMPTS || pause >= this.#left) return false;
    await this.#spend(pause, this.#sleep);
    return true;
  }

  async #spend<T>(ms: number, work: (ms: number) => Promise<T>): Promise<T> {
    const { now = Date.now } = this.#options;
    const start = now();
    try {
      return await work(ms);
    } finally {
      this.#left -= Math.min(ms, Math.max(0, now() - start));
    }
  }
}

/**
 * @param header Retry-After: seconds, or a date
 * @returns ms
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function readRetryAfter(header: string | null, now: number): number {
  if (header === null) return 0;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}
