import { FUNCTION, type OptionRule, type OptionRules } from '@sigv4/signer/client';

import type { CredentialsEvent } from './events.ts';
import type { Sleep } from './time-limit.ts';

/** How a cache renews credentials. All functions that give a provider take these. */
export interface CacheOptions {
  /**
   * Seconds before the credentials end at which renewing begins, 1 to 86,400. The default follows
   * from the lifetime: 5 minutes for up to 20, 15 for under 90, else 60. It is never more than
   * three quarters of the lifetime.
   */
  readonly advisoryWindow?: number | undefined;
  /**
   * Seconds that the source may take for one answer, 1 to 3600. Default: 60. After that, callers
   * get the old credentials, or `CredentialsError` `Timeout` if there are none. Raise it where a
   * person has to answer.
   */
  readonly sourceTimeout?: number | undefined;
  /** Is told what happens. What it throws is ignored. */
  readonly onEvent?: ((event: CredentialsEvent) => void) | undefined;
  /** The clock, ms since the epoch. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** The timer of all time-outs and pauses, in ms. Default: `setTimeout`'s. */
  readonly sleep?: Sleep | undefined;
  /** Gives numbers from 0 to 1 for everything that is random. Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
}

export const CACHE_OPTIONS: OptionRules<CacheOptions> = {
  advisoryWindow: seconds(1, 86_400),
  sourceTimeout: seconds(1, 3600),
  onEvent: FUNCTION,
  now: FUNCTION,
  sleep: FUNCTION,
  random: FUNCTION,
};

export function seconds(least: number, most: number): OptionRule {
  return {
    expected: `a number of seconds from ${least} to ${most}`,
    holds: (value) => typeof value === 'number' && value >= least && value <= most,
  };
}

export function wholeSeconds(least: number, most: number): OptionRule {
  const { holds } = seconds(least, most);
  return {
    expected: `a whole number of seconds from ${least} to ${most}`,
    holds: (value) => Number.isInteger(value) && holds(value),
  };
}
