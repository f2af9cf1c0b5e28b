import { homeRegion, isLoopback, partitionOf, SigV4Error, urlOrNone } from '@sigv4/signer/client';

import { environment } from '../runtime.ts';

/** Where STS is asked, and what its requests are signed for. */
export interface StsEndpoint {
  readonly url: string;
  readonly region: string;
}

/** A region's name becomes one label of a host name (RFC 1123), so it can lead to no other host. */
export const REGION: RegExp = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/**
 * What the URL parser would drop or rewrite is refused: white space, backslashes, and a fragment.
 * The URL that is called is then the one that was read.
 */
export const ABSOLUTE_URL: RegExp = /^https?:\/\/[^/\s\\#?][^\s\\#]*$/i;

/** A region, and the option or variable that names it. */
type NamedRegion = readonly [source: string, region: string];

/** The region that the caller or the environment names, if there is one. */
export function namedRegion(region: string | undefined): NamedRegion | undefined {
  if (region !== undefined) return ['region', region];
  for (const variable of ['AWS_REGION', 'AWS_DEFAULT_REGION']) {
    const value = environment(variable);
    if (value !== undefined) return [variable, value];
  }
  return undefined;
}

/**
 * Where STS is asked if no region is named: where the partition of the ARN has its IAM. AWS's own
 * clients ask us-east-1 instead, which knows no roles of other partitions.
 */
export function regionOfArn(arn: string | undefined): string {
  return homeRegion(arn?.split(':')[1] ?? 'aws') ?? 'us-east-1';
}

/**
 * The region's endpoint of STS, as AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT want it;
 * elsewhere if `endpoint`, AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL say so. The environment's values
 * are checked as strictly as the options: a wrong one would send tokens to another host.
 * @throws {TypeError} naming the option or variable: no name of a region; no absolute URL, or one
 *   with user and password
 * @throws {SigV4Error} ERR_SIGV4_INSECURE if the endpoint is http: on another machine
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function stsEndpoint(
  [source, region]: NamedRegion,
  {
    endpoint,
    allowInsecureHttp = false,
  }: {
    readonly endpoint?: string | undefined;
    readonly allowInsecureHttp?: boolean | undefined;
  },
): StsEndpoint {
  if (!REGION.test(region)) {
    throw new TypeError(
      `${source}: expected a name such as 'eu-west-1', got ${JSON.stringify(region.slice(0, 80))}`,
    );
  }
  const configured: readonly [source: string, url: string] | undefined =
    endpoint === undefined ? endpointOfEnvironment() : ['endpoint', endpoint];
  if (configured === undefined) return endpointOf(region);
  checkEndpoint(...configured, allowInsecureHttp);
  return { url: configured[1], region };
}

/** @param source the option or variable, for the error. Its value may hold a password: it is not shown. */
function checkEndpoint(source: string, url: string, allowInsecureHttp: boolean): void {
  const parsed = ABSOLUTE_URL.test(url) ? urlOrNone(url) : undefined;
  if (parsed === undefined) {
    throw new TypeError(
      `${source}: expected an absolute URL such as http://127.0.0.1:4566, without white space, backslashes and fragment`,
    );
  }
  const { protocol, hostname, username, password } = parsed;
  if (username !== '' || password !== '') {
    throw new TypeError(`${source}: STS takes no user and password; leave them out of the URL`);
  }
  if (protocol === 'http:' && !allowInsecureHttp && !isLoopback(hostname)) {
    throw new SigV4Error(
      'ERR_SIGV4_INSECURE',
      `${source}: http: would show the token to the network between here and ${hostname}; use https:, or set allowInsecureHttp: true`,
    );
  }
}

/**
 * @see https://docs.aws.amazon.com/general/latest/gr/sts.html
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
 */
function endpointOf(named: string): StsEndpoint {
  const isFips = isOn('AWS_USE_FIPS_ENDPOINT');
  const isDualStack = isOn('AWS_USE_DUALSTACK_ENDPOINT');
  const isGlobal = named === 'aws-global';
  // The endpoint that belongs to no region is in us-east-1.
  const region = isGlobal ? 'us-east-1' : named;
  if (isGlobal && !isFips && !isDualStack) return { url: 'https://sts.amazonaws.com/', region };
  const { id, dnsSuffix, dualStackDnsSuffix } = partitionOf(region);
  // GovCloud's usual endpoints are FIPS ones already.
  const isNamedFips = isFips && (isDualStack || id !== 'aws-us-gov');
  const suffix = isDualStack ? dualStackDnsSuffix : dnsSuffix;
  return { url: `https://sts${isNamedFips ? '-fips' : ''}.${region}.${suffix}/`, region };
}

function isOn(variable: string): boolean {
  return environment(variable)?.toLowerCase() === 'true';
}

function endpointOfEnvironment(): readonly [variable: string, url: string] | undefined {
  if (isOn('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS')) return undefined;
  for (const variable of ['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL']) {
    const url = environment(variable);
    if (url !== undefined) return [variable, url];
  }
  return undefined;
}
