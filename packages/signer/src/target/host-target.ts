import type { Target } from './target.ts';

/** {api}.execute-api.{region}, {api}-{vpce}.execute-api.{region}, {vpce}.execute-api.{region}.vpce */
const API_GATEWAY =
  /^[^.]+\.execute-api(?:-fips)?\.([a-z]{2,4}(?:-[a-z]+)+-\d+)(?:\.vpce)?\.(?:amazonaws\.com|api\.aws)$/;

/** How host names of AWS end, in all its partitions; those of some others end so too. */
const PERHAPS_AWS =
  /\.(?:amazonaws\.(?:com|com\.cn|eu)|amazonwebservices\.(?:com\.cn|eu)|aws|aws\.scloud|(?:ic|sgov)\.gov|adc-e\.uk)$/;

/**
 * Service and region by the host name, as far as they can be told without the table of AWS's hosts.
 *
 * @param hostname as the URL parser gives it
 * @returns `undefined` for a host that is not AWS's; `null` where only {@link targetOfHost} can tell
 */
export function targetAtHand(hostname: string): Target | undefined | null {
  const region = API_GATEWAY.exec(hostname)?.[1];
  if (region !== undefined) return { service: 'execute-api', region };
  return PERHAPS_AWS.test(hostname) ? null : undefined;
}

/**
 * Service and region by the host name, as `resolveTarget` tells them. The table of AWS's hosts is
 * loaded only if it is needed.
 *
 * @param hostname as the URL parser gives it
 */
export async function targetOfHost(hostname: string): Promise<Target | undefined> {
  const atHand = targetAtHand(hostname);
  if (atHand !== null) return atHand;
  const { readHost } = await import('./aws-hosts.ts');
  return readHost(hostname);
}
