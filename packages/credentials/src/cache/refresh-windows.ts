const MINUTE_MS = 60_000;

/** From when on credentials are renewed: two windows before they end. All in ms since the epoch. */
export interface RefreshWindows {
  /** One caller renews them, all others are given them at once. */
  readonly advisoryFrom: number;
  /** All callers wait for new ones. */
  readonly mandatoryFrom: number;
  readonly expiresAt: number;
}

export type Phase = 'fresh' | 'advisory' | 'mandatory';

const NEVER: RefreshWindows = {
  advisoryFrom: Number.POSITIVE_INFINITY,
  mandatoryFrom: Number.POSITIVE_INFINITY,
  expiresAt: Number.POSITIVE_INFINITY,
};

/**
 * AWS's rule for its SDKs: an advisory window of 5 minutes for a lifetime of up to 20 minutes, of
 * 15 for one under 90, else of 60; a mandatory one of a minute, or of the advisory one if that is
 * shorter. Neither takes more than three quarters of the lifetime: credentials that come with their
 * end near would be asked for at each call.
 *
 * @param arrivedAt ms since the epoch
 * @param expiresAt ms since the epoch; `undefined` if they do not end
 * @param advisoryWindow seconds, in place of the rule's
 * @param stretch 0 to 1: how much earlier the advisory window begins. 0 is the rule; 1 leaves a
 *   tenth of the time before it. Random, it spreads a fleet that started at once.
 */
export function refreshWindows(
  arrivedAt: number,
  expiresAt: number | undefined,
  advisoryWindow: number | undefined,
  stretch: number,
): RefreshWindows {
  if (expiresAt === undefined) return NEVER;
  const lifetime = expiresAt - arrivedAt;
  const asked = advisoryWindow === undefined ? windowFor(lifetime) : advisoryWindow * 1000;
  const window = Math.min(asked, lifetime * 0.75);
  const regular = expiresAt - window;
  return {
    advisoryFrom: regular - stretch * 0.9 * (regular - arrivedAt),
    mandatoryFrom: expiresAt - Math.min(window, MINUTE_MS),
    expiresAt,
  };
}

function windowFor(lifetime: number): number {
  if (lifetime <= 20 * MINUTE_MS) return 5 * MINUTE_MS;
  return lifetime < 90 * MINUTE_MS ? 15 * MINUTE_MS : 60 * MINUTE_MS;
}

export function phaseAt(time: number, { advisoryFrom, mandatoryFrom }: RefreshWindows): Phase {
  if (time < advisoryFrom) return 'fresh';
  return time < mandatoryFrom ? 'advisory' : 'mandatory';
}
