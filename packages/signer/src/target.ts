import type { Awaitable } from './hash.ts';

/** What a signature is scoped to. */
export interface Target {
  /** The signing name, e.g. `execute-api`. */
  readonly service: string;
  /** E.g. `eu-west-1`; `*` for what all regions answer, which takes SigV4a. */
  readonly region: string;
}

/** {api}.execute-api.{region}, {api}-{vpce}.execute-api.{region}, {vpce}.execute-api.{region}.vpce */
const API_GATEWAY =
  /^[^.]+\.execute-api(?:-fips)?\.([a-z]{2,4}(?:-[a-z]+)+-\d+)(?:\.vpce)?\.(?:amazonaws\.com|api\.aws)$/;

/** How host names of AWS end, in all its partitions; those of some others end so too. */
const PERHAPS_AWS =
  /\.(?:amazonaws\.(?:com|com\.cn|eu)|amazonwebservices\.(?:com\.cn|eu)|aws|aws\.scloud|(?:ic|sgov)\.gov|adc-e\.uk)$/;

/** How many hosts are remembered. */
const CAPACITY = 256;
export const rememberedHosts: Map<string, Target | undefined> = new Map();

/**
 * Service and region by the host name; as `resolveTarget` tells them, but its table is loaded only
 * for a host that is AWS's and not API Gateway's.
 *
 * @param hostname as the URL parser gives it
 */
export function targetOfHost(hostname: string): Awaitable<Target | undefined> {
  const known = rememberedHosts.get(hostname);
  if (known !== undefined || rememberedHosts.has(hostname)) return known;
  const region = API_GATEWAY.exec(hostname)?.[1];
  if (region !== undefined) return remember(hostname, { service: 'execute-api', region });
  if (!PERHAPS_AWS.test(hostname)) return undefined;
  return import('./service-hosts.ts').then(({ readHost }) =>
    remember(hostname, readHost(hostname)),
  );
}

function remember(hostname: string, target: Target | undefined): Target | undefined {
  if (rememberedHosts.size >= CAPACITY) rememberedHosts.clear();
  rememberedHosts.set(hostname, target);
  return target;
}
