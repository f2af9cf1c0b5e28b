import type { Target, Told } from './target.ts';
import { checkRegion } from './region.ts';
import { rulesOf, type ServiceRules } from './service-rules.ts';

/** Where a request goes, and what holds there. */
export interface Placement {
  readonly target: Target;
  readonly rules: ServiceRules;
  /** Whether it stays the same: it came neither from a function nor from the environment. */
  readonly isStable: boolean;
}

/** What callers name; a region can be a function. */
export interface Named {
  readonly service?: string | undefined;
  readonly region?: string | (() => Promise<string>) | undefined;
  readonly normalizePath?: boolean | undefined;
}

/**
 * Service and region of a request: what the call names, else what the signer was given, else what
 * the host name tells. All of API Gateway's own hosts tell, so any other host of AWS is never taken
 * for one. The region of hosts that are not AWS's, and of S3's that tell none, is AWS_REGION, else
 * AWS_DEFAULT_REGION, else that of the profile.
 *
 * @param told what the host name tells
 * @param credentials as the signer got them: their provider may tell the region of the profile
 * @throws {TypeError} if what gives the region gives something else than a region
 * @throws {SigV4Error} ERR_SIGV4_REGION if nothing tells the region, ERR_SIGV4_SERVICE if nothing
 *   tells the service of a host of AWS
 */
export async function placementOf(
  { host, protocol }: Pick<URL, 'host' | 'protocol'>,
  told: Told | undefined,
  { service, region, normalizePath }: Named,
  credentials: unknown,
): Promise<Placement> {
  // MQTT over WebSocket has a signing name of its own.
  const isMqtt = told?.service === 'iotdata' && protocol === 'wss:';
  const ofHost = isMqtt ? 'iotdevicegateway' : told?.service;
  if (told && !ofHost && !(service && (region ?? told.region))) {
    throw (await import('./aws-hosts.ts')).hostNotTold(host, told, service);
  }
  const name = service ?? ofHost ?? 'execute-api';
  const known = rulesOf(name);
  const rules = normalizePath === undefined ? known : { ...known, normalizesPath: normalizePath };
  const place = (found: string, isStable: boolean): Placement => ({
    target: { service: name, region: found },
    rules,
    isStable,
  });
  if (typeof region === 'function') return place(await functionRegion(region), false);
  if (region !== undefined) return place(region, true);
  return told?.region
    ? place(told.region, true)
    : place(await otherRegion(host, credentials), false);
}

async function functionRegion(ask: () => Promise<string>): Promise<string> {
  const region: unknown = await ask();
  if (region === undefined) {
    throw new TypeError('region: the function returned undefined, not a region');
  }
  checkRegion(region, 'region');
  return region;
}

/** The region where neither caller nor host name tells one. */
async function otherRegion(host: string, credentials: unknown): Promise<string> {
  const env = globalThis.process?.env;
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) {
    const region = env?.[name];
    if (!region) continue;
    checkRegion(region, name);
    return region;
  }
  return (await import('./profile-region.ts')).profileRegion(host, credentials);
}
