import { partitionOf } from '@sigv4/signer/internal';

import { environment } from './environment.ts';

/** Where STS is asked, and what its requests are signed for. */
export interface StsEndpoint {
  readonly url: string;
  readonly region: string;
}

/**
 * The regional endpoint of STS: of the named region, else of AWS_REGION, else of us-east-1;
 * elsewhere if `endpoint`, AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL say so.
 *
 * @throws {TypeError} if the endpoint is no absolute URL
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function stsEndpoint(named: {
  region?: string | undefined;
  endpoint?: string | undefined;
}): StsEndpoint {
  const region = named.region ?? environment('AWS_REGION') ?? 'us-east-1';
  const elsewhere = named.endpoint ?? endpointOfEnvironment();
  if (elsewhere === undefined) {
    return { url: `https://sts.${region}.${partitionOf(region).dnsSuffix}/`, region };
  }
  if (!/^https?:\/\//i.test(elsewhere) || !URL.canParse(elsewhere)) {
    throw new TypeError(
      `endpoint: expected an absolute URL such as http://127.0.0.1:4566, got ${JSON.stringify(elsewhere)} (from the options, AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL)`,
    );
  }
  return { url: elsewhere, region };
}

function endpointOfEnvironment(): string | undefined {
  if (environment('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS')?.toLowerCase() === 'true')
    return undefined;
  return environment('AWS_ENDPOINT_URL_STS') ?? environment('AWS_ENDPOINT_URL');
}
