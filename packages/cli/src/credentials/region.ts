import { resolveTarget } from '@sigv4/signer';
import { partitionOf } from '@sigv4/signer/client';

import { CliError } from '../output/error.ts';
import { readProfile } from './shared-config.ts';

/** A region, and where it was read. */
export interface FoundRegion {
  readonly name: string;
  /** In words that follow "region from". */
  readonly from: string;
}

/** @param url its host name can tell the region; leave it out where there is no request */
export async function findRegion(
  named: string | undefined,
  url?: URL,
): Promise<FoundRegion | undefined> {
  if (named !== undefined) return { name: named, from: '--region' };
  const told = url && resolveTarget(url);
  if (told !== undefined) return { name: told.region, from: 'the host name' };
  for (const variable of ['AWS_REGION', 'AWS_DEFAULT_REGION']) {
    const name = process.env[variable];
    if (name) return { name, from: variable };
  }
  const { name: profile, settings } = await readProfile();
  const { region } = settings;
  return region === undefined ? undefined : { name: region, from: `profile ${profile}` };
}

/** What a URL is signed for. */
export interface Place {
  readonly service: string;
  readonly region: FoundRegion;
  /** Whether the host name is one of AWS's. */
  readonly isKnown: boolean;
}

/** @throws {CliError} if nothing tells the region, or the service of a host of AWS */
export async function findPlace(
  url: URL,
  { service, region, sigv4a }: { service?: string; region?: string; sigv4a?: true },
): Promise<Place> {
  const told = resolveTarget(url);
  const found =
    (await findRegion(region, url)) ??
    (sigv4a ? { name: '*', from: '--sigv4a, which is for all regions' } : undefined);
  if (found === undefined) {
    throw new CliError(
      `region: ${url.host} does not tell its AWS region, and neither do AWS_REGION and the profile`,
      'name it with --region, such as --region eu-west-1',
    );
  }
  if (told === undefined && service === undefined && isOfAws(url.hostname, found.name)) {
    throw new CliError(
      `service: ${url.hostname} is a host of AWS that is not known`,
      'name what it is signed for with --service and --region, or check the host',
    );
  }
  const isMqtt = told?.service === 'iotdata' && url.protocol === 'wss:';
  const ofHost = isMqtt ? 'iotdevicegateway' : told?.service;
  return {
    service: service ?? ofHost ?? 'execute-api',
    region: found,
    isKnown: told !== undefined,
  };
}

/** A host of AWS that is not known is none of API Gateway, whose hosts are all known. */
function isOfAws(hostname: string, region: string): boolean {
  const { dnsSuffix, dualStackDnsSuffix } = partitionOf(region);
  return [dnsSuffix, dualStackDnsSuffix, 'on.aws'].some((suffix) =>
    hostname.endsWith(`.${suffix}`),
  );
}
