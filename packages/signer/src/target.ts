import { withoutDnsSuffix } from './partition.ts';
import { SIGNING_NAMES } from './signing-names.ts';

/** What a signature is scoped to. */
export interface Target {
  /** The signing name, e.g. `execute-api`. */
  readonly service: string;
  /** E.g. `eu-west-1`; `*` for what all regions answer, which takes SigV4a. */
  readonly region: string;
}

/** `eu-west-1`, `us-gov-east-1`, `us-iso-west-1`, `eusc-de-east-1`. */
const REGION = String.raw`([a-z]{2,4}(?:-[a-z]+)+-\d+)`;

/** Host names without their partition's suffix, and their signing names; the first group is the region. */
const HOSTS: readonly (readonly [RegExp, string])[] = (
  [
    // {api}.execute-api.{region}, {api}-{vpce}.execute-api.{region}, {vpce}.execute-api.{region}.vpce
    [String.raw`[^.]+\.execute-api(?:-fips)?\.${REGION}(?:\.vpce)?`, 'execute-api'],
    [String.raw`[^.]+\.lambda-url\.${REGION}\.on`, 'lambda'],
    [String.raw`[^.]+\.appsync(?:-realtime)?-api\.${REGION}`, 'appsync'],
    [String.raw`[^.]+\.${REGION}\.es`, 'es'],
    [String.raw`[^.]+\.aos\.${REGION}\.on`, 'es'],
    [String.raw`[^.]+\.${REGION}\.aoss(?:-fips)?`, 'aoss'],
    [String.raw`[^.]+(?:\.[^.]+)?\.vpc-lattice-svcs\.${REGION}\.on`, 'vpc-lattice-svcs'],
    // {bucket}.s3.{region}, s3.dualstack.{region}, s3-fips.{region}, the old s3-{region}; a bucket can have dots
    [String.raw`(?:.+\.)?s3(?:-fips)?(?:\.dualstack)?[.-]${REGION}`, 's3'],
    [String.raw`[^.]+\.s3-(?:accesspoint|control)(?:-fips)?(?:\.dualstack)?\.${REGION}`, 's3'],
    [String.raw`(?:.+\.)?(?:bucket|accesspoint|control)\.vpce-[^.]+\.s3\.${REGION}\.vpce`, 's3'],
    [String.raw`(?:.+\.)?s3-outposts(?:-fips)?\.${REGION}`, 's3-outposts'],
    [String.raw`[^.]+\.s3-object-lambda(?:-fips)?(?:\.dualstack)?\.${REGION}`, 's3-object-lambda'],
    [String.raw`(?:.+\.)?s3express-(?:[^.]+)\.(?:dualstack\.)?${REGION}`, 's3express'],
    // Messages of devices by HTTPS. MQTT over WebSocket is signed for iotdevicegateway.
    [String.raw`(?:data|data-ats|[^.]+-ats|[a-z0-9]{12,14})\.iot(?:-fips)?\.${REGION}`, 'iotdata'],
  ] as const
).map(([pattern, service]) => [new RegExp(`^${pattern}$`), service] as const);

/** {service}.{region}, {service}-fips.{region}, {vpce}.{service}.{region}.vpce */
const GENERAL = new RegExp(String.raw`^(?:vpce-[^.]+\.)?([a-z0-9.-]+)\.${REGION}(?:\.vpce)?$`);

/** Hosts of the partition `aws` without a region, which is then us-east-1. */
const GLOBAL: ReadonlySet<string> = new Set([
  'budgets',
  'ce',
  'cloudfront',
  'iam',
  'organizations',
  'route53',
  'shield',
  'sts',
  'waf',
]);

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
  return targetOfHost((typeof url === 'string' ? new URL(url) : url).hostname);
}

/** How many hosts are remembered. */
const CAPACITY = 256;
const remembered = new Map<string, Target | undefined>();

/** @param hostname as the URL parser gives it */
export function targetOfHost(hostname: string): Target | undefined {
  if (remembered.has(hostname)) return remembered.get(hostname);
  const target = readHost(hostname);
  if (remembered.size >= CAPACITY) remembered.clear();
  remembered.set(hostname, target);
  return target;
}

function readHost(hostname: string): Target | undefined {
  const name = withoutDnsSuffix(hostname);
  if (name === undefined) return undefined;
  for (const [pattern, service] of HOSTS) {
    const region = pattern.exec(name)?.[1];
    if (region !== undefined) return { service, region };
  }
  if (/^.+\.accesspoint\.s3-global$/.test(name)) return { service: 's3', region: '*' };
  if (hostname.endsWith('.amazonaws.com')) {
    if (/^(?:.+\.)?s3$/.test(name)) return { service: 's3', region: 'us-east-1' };
    if (GLOBAL.has(name)) return { service: name, region: 'us-east-1' };
  }
  const [, prefix = '', region] = GENERAL.exec(name) ?? [];
  const label = prefix.replace('-fips', '');
  // What has a dot, or is behind somebody's own endpoint, can be a customer's program.
  const isService = SIGNING_NAMES.has(label) || /^(?!vpce-svc-)[a-z0-9-]+$/.test(label);
  if (region === undefined || !isService) return undefined;
  return { service: SIGNING_NAMES.get(label) ?? label, region };
}
