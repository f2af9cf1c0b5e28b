import type { Told } from './target.ts';

/** {api}.execute-api.{region}, {api}-{vpce}.execute-api.{region}, {vpce}.execute-api.{region}.vpce */
const API_GATEWAY =
  /^[^.]+\.execute-api(?:-fips)?\.([a-z]{2,4}(?:-[a-z]+)+-\d+)(?:\.vpce)?\.(?:amazonaws\.com|api\.aws)$/;

/**
 * What is in the names of the table: those of AWS, in all its partitions, of Cloudflare R2 and of
 * Backblaze B2. It is in names of others too, which the table does not have.
 */
const PERHAPS_AWS =
  /\.(?:amazon(?:aws|webservices)|aws|(?:ic|sgov)\.gov|adc-e\.uk|r2\.cloudflarestorage|backblazeb2)(?:\.|$)/;

/**
 * Service and region by the host name, as far as they can be told without the table of AWS's hosts.
 *
 * @param hostname as the URL parser gives it
 * @returns `undefined` for a host that is not in the table; `null` where only {@link targetOfHost} can tell
 */
export function targetAtHand(hostname: string): Told | undefined | null {
  const region = API_GATEWAY.exec(hostname)?.[1];
  if (region !== undefined) return { service: 'execute-api', region };
  return PERHAPS_AWS.test(hostname) ? null : undefined;
}

/**
 * What the host name tells of service and region. The table of AWS's hosts is loaded only if it is
 * needed.
 *
 * @param hostname as the URL parser gives it
 */
export async function targetOfHost(hostname: string): Promise<Told | undefined> {
  const atHand = targetAtHand(hostname);
  if (atHand !== null) return atHand;
  const { readHost } = await import('./aws-hosts.ts');
  return readHost(hostname);
}
