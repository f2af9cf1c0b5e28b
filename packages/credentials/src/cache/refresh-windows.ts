const MINUTE_MS = 60_000;

/** When credentials are renewed: in two windows before they end. All times are in ms since the epoch. */
export interface RefreshWindows {
  /** From here on, one caller renews them; all others get the old ones at once. */
  readonly advisoryFrom: number;
  /** From here on, all callers wait for new ones. */
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
 * AWS's rule for its SDKs. The advisory window is 5 minutes for a lifetime of up to 20 minutes, 15
 * minutes for one under 90, else 60. The mandatory window is the last minute, or the advisory
 * window if that is shorter. Neither takes more than three quarters of the lifetime, or credentials
 * that arrive shortly before their end would be asked for at each call.
 *
 * @param arrivedAt ms since the epoch
 * @param expiresAt ms since the epoch; `undefined` if they do not end
 * @param advisoryWindow seconds, in place of those of the rule
 * @param stretch 0 to 1: how much earlier the advisory window begins. 0 is the rule; 1 leaves a
 *   tenth of the time before it. A random one spreads the renewals of a fleet that started at once.
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
