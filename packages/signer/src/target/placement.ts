import { SigV4Error } from '../errors.ts';
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
 * for one. The region of hosts that are not AWS's, and of S3's that tell none, is AWS_REGION.
 *
 * @param told what the host name tells
 * @throws {TypeError} if the region function, or AWS_REGION, gives something else than a region
 * @throws {SigV4Error} ERR_SIGV4_REGION if nothing tells the region, ERR_SIGV4_SERVICE if nothing
 *   tells the service of a host of AWS
 */
export async function placementOf(
  { host, protocol }: Pick<URL, 'host' | 'protocol'>,
  told: Told | undefined,
  { service, region, normalizePath }: Named,
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
  return told?.region ? place(told.region, true) : place(environmentRegion(host), false);
}

async function functionRegion(ask: () => Promise<string>): Promise<string> {
  const region: unknown = await ask();
  if (region === undefined) {
    throw new TypeError('region: the function returned undefined, not a region');
  }
  checkRegion(region, 'region');
  return region;
}

function environmentRegion(host: string): string {
  const region = globalThis.process?.env?.['AWS_REGION'];
  if (!region) {
    throw new SigV4Error(
      'ERR_SIGV4_REGION',
      `region: ${host} does not tell its AWS region; name it in the options, for example { region: 'eu-west-1' }, or set AWS_REGION`,
    );
  }
  checkRegion(region, 'AWS_REGION');
  return region;
}
