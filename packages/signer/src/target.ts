import { withoutDnsSuffix } from './partition.ts';

/** What a signature is scoped to. */
export interface Target {
  /** The signing name, e.g. `execute-api`. */
  readonly service: string;
  /** E.g. `eu-west-1`. */
  readonly region: string;
}

/** `eu-west-1`, `us-gov-east-1`, `us-iso-west-1`, `eusc-de-east-1`. */
const REGION = String.raw`([a-z]{2,4}(?:-[a-z]+)+-\d+)`;

/** Host name without the partition's suffix → signing name; the region is the first group. */
const HOSTS: readonly (readonly [RegExp, string])[] = [
  // {api}.execute-api.{region}, {api}-{vpce}.execute-api.{region}
  [new RegExp(String.raw`^[a-z0-9-]+\.execute-api(?:-fips)?\.${REGION}$`), 'execute-api'],
  // {vpce}.execute-api.{region}.vpce: a private API through its interface endpoint
  [new RegExp(String.raw`^[a-z0-9-]+\.execute-api(?:-fips)?\.${REGION}\.vpce$`), 'execute-api'],
  [new RegExp(String.raw`^sts(?:-fips)?\.${REGION}$`), 'sts'],
];

/**
 * Reads service and region from the host name of an AWS API; `undefined` for any other host
 * (custom domains included).
 *
 * Known: API Gateway (REST, HTTP and WebSocket APIs, FIPS, dual-stack, VPC endpoints, all
 * partitions) and regional STS.
 *
 * @throws {TypeError} if `url` is a string that is not an absolute URL
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
 */
export function resolveTarget(url: URL | string): Target | undefined {
  return targetOfHost((typeof url === 'string' ? new URL(url) : url).hostname);
}

/** @param hostname as the URL parser gives it */
export function targetOfHost(hostname: string): Target | undefined {
  const name = withoutDnsSuffix(hostname);
  if (name === undefined) return undefined;
  for (const [pattern, service] of HOSTS) {
    const region = pattern.exec(name)?.[1];
    if (region !== undefined) return { service, region };
  }
  return undefined;
}
