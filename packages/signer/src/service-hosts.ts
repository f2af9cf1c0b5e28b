import { withoutDnsSuffix } from './partition.ts';
import { signingName } from './signing-names.ts';
import type { Target } from './target.ts';

/** `eu-west-1`, `us-gov-east-1`, `us-iso-west-1`, `eusc-de-east-1`. */
const REGION = String.raw`(?<region>[a-z]{2,4}(-[a-z]+)+-\d+)`;

/** Signing names, and their host names without the partition's suffix. */
const HOSTS: readonly (readonly [service: string, beforeRegion: string, afterRegion?: string])[] = [
  // {api}.execute-api.{region}, {api}-{vpce}.execute-api.{region}, {vpce}.execute-api.{region}.vpce
  ['execute-api', String.raw`[^.]+\.execute-api(-fips)?\.`, String.raw`(\.vpce)?`],
  ['lambda', String.raw`[^.]+\.lambda-url\.`, String.raw`\.on`],
  ['appsync', String.raw`[^.]+\.appsync(-realtime)?-api\.`],
  ['es', String.raw`[^.]+\.`, String.raw`\.es`],
  ['es', String.raw`[^.]+\.aos\.`, String.raw`\.on`],
  ['aoss', String.raw`[^.]+\.`, String.raw`\.aoss(-fips)?`],
  ['vpc-lattice-svcs', String.raw`[^.]+(\.[^.]+)?\.vpc-lattice-svcs\.`, String.raw`\.on`],
  // {bucket}.s3.{region}, s3.dualstack.{region}, s3-fips.{region}, the old s3-{region}; a bucket can have dots
  ['s3', String.raw`(.+\.)?s3(-fips)?(\.dualstack)?[.-]`],
  ['s3', String.raw`[^.]+\.s3-(accesspoint|control)(-fips)?(\.dualstack)?\.`],
  ['s3', String.raw`(.+\.)?(bucket|accesspoint|control)\.vpce-[^.]+\.s3\.`, String.raw`\.vpce`],
  ['s3-outposts', String.raw`(.+\.)?s3-outposts(-fips)?\.`],
  ['s3-object-lambda', String.raw`[^.]+\.s3-object-lambda(-fips)?(\.dualstack)?\.`],
  ['s3express', String.raw`(.+\.)?s3express-[^.]+\.(dualstack\.)?`],
  // Messages of devices by HTTPS. MQTT over WebSocket is signed for iotdevicegateway.
  ['iotdata', String.raw`(data|[^.]+-ats|[a-z0-9]{12,14})\.iot(-fips)?\.`],
];

/** {service}.{region}, {service}-fips.{region}, {vpce}.{service}.{region}.vpce */
const GENERAL = [
  String.raw`(vpce-[^.]+\.)?(?<prefix>[a-z0-9.-]+)\.`,
  String.raw`(\.vpce)?`,
] as const;

/** Hosts of the partition `aws` without a region, which is then us-east-1. */
const GLOBAL = /^(budgets|ce|cloudfront|iam|organizations|route53|shield|sts|waf)$/;

/**
 * Reads service and region from the host name of an AWS API; `undefined` for any other host
 * (custom domains included).
 *
 * Known are API Gateway (REST, HTTP and WebSocket APIs, FIPS, dual-stack, VPC endpoints), Lambda
 * function URLs, AppSync, OpenSearch and OpenSearch Serverless, S3 in all its forms, VPC Lattice,
 * IoT, STS and whatever else is `service.region.amazonaws.com`, in all partitions. A host of S3
 * that does not tell its region (accelerate) is not known; name the region.
 *
 * @throws {TypeError} if `url` is a string that is not an absolute URL
 * @see https://docs.aws.amazon.com/general/latest/gr/rande.html
 */
export function resolveTarget(url: URL | string): Target | undefined {
  return readHost((typeof url === 'string' ? new URL(url) : url).hostname);
}

/** @param hostname as the URL parser gives it */
export function readHost(hostname: string): Target | undefined {
  const name = withoutDnsSuffix(hostname);
  if (name === undefined) return undefined;
  for (const [service, before, after] of HOSTS) {
    const region = match(name, before, after)?.['region'];
    if (region !== undefined) return { service, region };
  }
  if (/.\.accesspoint\.s3-global$/.test(name)) return { service: 's3', region: '*' };
  if (hostname.endsWith('.amazonaws.com')) {
    if (/^(.+\.)?s3$/.test(name)) return { service: 's3', region: 'us-east-1' };
    if (GLOBAL.test(name)) return { service: name, region: 'us-east-1' };
  }
  const { prefix = '', region } = match(name, ...GENERAL) ?? {};
  if (region === undefined) return undefined;
  const label = prefix.replace('-fips', '');
  const service = signingName(label) ?? label;
  // What has a dot, or is behind somebody's own endpoint, can be a customer's program.
  const isService = service !== label || /^(?!vpce-svc-)[a-z0-9-]+$/.test(label);
  return isService ? { service, region } : undefined;
}

function match(name: string, before: string, after = ''): RegExpExecArray['groups'] {
  return new RegExp(`^${before}${REGION}${after}$`).exec(name)?.groups;
}
