import { partitionOf } from '@sigv4/signer/client';

import { environment } from './environment.ts';

/** Where STS is asked, and what its requests are signed for. */
export interface StsEndpoint {
  readonly url: string;
  readonly region: string;
}

/**
 * The regional endpoint of STS: of the named region, else of AWS_REGION, else of us-east-1, as
 * AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT want it; elsewhere if `endpoint`,
 * AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL say so.
 *
 * @throws {TypeError} if the endpoint is no absolute URL, or has user and password
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function stsEndpoint(named: {
  region?: string | undefined;
  endpoint?: string | undefined;
}): StsEndpoint {
  const region = named.region ?? environment('AWS_REGION') ?? 'us-east-1';
  const elsewhere = named.endpoint ?? endpointOfEnvironment();
  if (elsewhere === undefined) return endpointOf(region);
  if (!/^https?:\/\//i.test(elsewhere) || !URL.canParse(elsewhere)) {
    throw new TypeError(
      `endpoint: expected an absolute URL such as http://127.0.0.1:4566, got ${JSON.stringify(elsewhere)} (from the options, AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL)`,
    );
  }
  const { username, password } = new URL(elsewhere);
  if (username !== '' || password !== '') {
    throw new TypeError('endpoint: STS takes no user and password; leave them out of the URL');
  }
  return { url: elsewhere, region };
}

/**
 * @see https://docs.aws.amazon.com/general/latest/gr/sts.html
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
 */
function endpointOf(named: string): StsEndpoint {
  const isFips = isOn('AWS_USE_FIPS_ENDPOINT');
  const isDualStack = isOn('AWS_USE_DUALSTACK_ENDPOINT');
  const isGlobal = named === 'aws-global';
  // Where the endpoint of no region is.
  const region = isGlobal ? 'us-east-1' : named;
  if (isGlobal && !isFips && !isDualStack) return { url: 'https://sts.amazonaws.com/', region };
  const { id, dnsSuffix, dualStackDnsSuffix } = partitionOf(region);
  // GovCloud's usual endpoints are FIPS ones.
  const isNamedFips = isFips && (isDualStack || id !== 'aws-us-gov');
  const suffix = isDualStack ? dualStackDnsSuffix : dnsSuffix;
  return { url: `https://sts${isNamedFips ? '-fips' : ''}.${region}.${suffix}/`, region };
}

function isOn(variable: string): boolean {
  return environment(variable)?.toLowerCase() === 'true';
}

function endpointOfEnvironment(): string | undefined {
  if (isOn('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS')) return undefined;
  return environment('AWS_ENDPOINT_URL_STS') ?? environment('AWS_ENDPOINT_URL');
}
