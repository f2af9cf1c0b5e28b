import { SigV4Error } from '../errors.ts';
import { withoutDnsSuffix, type PlaceOfHost } from './dns-suffix.ts';
import { SIGNING_NAMES } from './signing-names.ts';
import type { Target, Told } from './target.ts';

/** `eu-west-1`, `us-gov-east-1`, `us-iso-west-1`, `eusc-de-east-1`. */
const REGION = '(?<region>[a-z]{2,4}(-[a-z]+)+-\\d+)';

/**
 * Signing names, and host names without the partition's suffix, where customers choose a part: the
 * SDKs' endpoint rules hardly tell these.
 */
const HOSTS = (
  [
    // {api}.execute-api.{region}, {api}-{vpce}.execute-api.{region}, {vpce}.execute-api.{region}.vpce
    ['execute-api', /[^.]+\.execute-api(-fips)?\.REGION(\.vpce)?/],
    ['lambda', /[^.]+\.lambda-url\.REGION\.on/],
    ['appsync', /[^.]+\.appsync(-realtime)?-api\.REGION/],
    ['bedrock-agentcore', /[^.]+\.gateway\.bedrock-agentcore\.REGION/],
    ['es', /[^.]+\.REGION\.es/],
    ['es', /[^.]+\.aos\.REGION\.on/],
    ['aoss', /[^.]+\.REGION\.aoss(-fips)?/],
    ['osis', /[^.]+\.REGION\.osis/],
    ['cloudsearch', /(doc|search)-[^.]+\.REGION\.cloudsearch/],
    ['vpc-lattice-svcs', /[^.]+(\.[^.]+)?\.vpc-lattice-svcs\.REGION\.on/],
    // {bucket}.s3.{region}, s3.dualstack.{region}, s3-fips.{region}, the old s3-{region}; a bucket can have dots
    ['s3', /(.+\.)?s3(-fips)?(\.dualstack)?[.-]REGION/],
    ['s3', /[^.]+\.s3-(accesspoint|control)(-fips)?(\.dualstack)?\.REGION/],
    ['s3', /(.+\.)?(bucket|accesspoint|control)\.vpce-[^.]+\.s3\.REGION\.vpce/],
    ['s3-outposts', /(.+\.)?s3-outposts(-fips)?\.REGION/],
    ['s3-object-lambda', /[^.]+\.s3-object-lambda(-fips)?(\.dualstack)?\.REGION/],
    ['s3express', /(.+\.)?s3express-[^.]+\.(dualstack\.)?REGION/],
    // Messages of devices by HTTPS. MQTT over WebSocket is signed for iotdevicegateway.
    ['iotdata', /(data|[^.]+-ats|[a-z0-9]{12,14})\.iot(-fips)?\.REGION/],
    ['iot-jobs-data', /[^.]+\.jobs\.iot(-fips)?\.REGION/],
    ['dsql', /[^.]+\.dsql(-[a-z0-9]+)?\.REGION\.on/],
    // {account}.ddb.{region}, {account}.data-kinesis.{region}
    ['dynamodb', /\d{12}\.ddb(-fips)?\.REGION/],
    ['kinesis', /\d{12}\.(control|data)-kinesis(-fips)?\.REGION/],
    ['kinesisvideo', /[a-z]-[0-9a-f]+\.kinesisvideo(-fips)?\.REGION/],
    // {cluster}.{hash}.{region}.neptune; in China {cluster}.{hash}.neptune.{region}
    ['neptune-db', /[^.]+(\.[^.]+)?\.REGION\.neptune/],
    ['neptune-db', /[^.]+(\.[^.]+)?\.neptune\.REGION/],
    ['neptune-graph', /([^.]+\.)?neptune-graph(-fips)?\.REGION(\.on)?/],
    ['neptune-graph', /([^.]+\.)?REGION\.neptune-graph/],
    ['timestream', /(ingest|query)-cell\d+\.timestream\.REGION/],
    ['emr-serverless', /[^.]+\.livy\.emr-serverless-services(-fips)?\.REGION/],
    ['managedblockchain', /[^.]+\.(bitcoin|ethereum)\.managedblockchain\.REGION/],
    ['mediaconvert', /[^.]+\.mediaconvert\.REGION/],
    ['mediastore', /[^.]+\.data\.mediastore\.REGION/],
    ['route53-recovery-cluster', /[^.]+\.route53-recovery-cluster\.REGION/],
  ] as const
).map(([service, host]) => [service, whole(host)] as const);

/** The same without a region in the name. Where the signature's is not here either, it is to be named. */
const WITHOUT_REGION: readonly (readonly [host: RegExp, told: Told])[] = [
  [/^.+\.accesspoint\.s3-global$/, { service: 's3', region: '*' }],
  [/^(.+\.)?s3(-external-1)?$/, { service: 's3', region: 'us-east-1' }],
  [/^.+\.s3-accelerate(\.dualstack)?$/, { service: 's3' }],
  [/^[^.]+\.endpoint\.events$/, { service: 'events', region: '*' }],
  [/^\d{12}\.cloudfront-kvs\.global$/, { service: 'cloudfront-keyvaluestore', region: '*' }],
];

/** {service}.{region}, {service}-fips.{region}, {vpce}.{service}.{region}.vpce */
const GENERAL = whole(/(vpce-[^.]+\.)?(?<prefix>[a-z0-9.-]+)\.REGION(\.vpce)?/);

/** The region of a host that is not known: not `my-alb-123`. */
const ANYWHERE = /(?:^|\.)([a-z]{2,4}(?:-[a-z]+)?-(?:north|south|east|west|central)+-\d+)(?:\.|$)/;

/** Hosts of services that a partition has only once. */
const GLOBAL =
  /^(global\.)?(?<prefix>budgets|cloudfront|health|iam|partnercentral-(channel|prm)|route53|sustainability)(\.global|(?<gov>\.us-gov))?$/;
/** In the partition `aws` only. */
const GLOBAL_OF_AWS = /^(?<prefix>ce|organizations|savingsplans|sdb|shield|sts|waf)(\.global)?$/;

/** What signs as AWS does, besides AWS: Cloudflare R2 and Backblaze B2. */
const R2 = /(^|\.)r2\.cloudflarestorage\.com$/;
const B2 = /(?:^|\.)s3\.([a-z]{2}-[a-z]+-\d{3})\.backblazeb2\.com$/;

/**
 * Reads service and region from the host name of an AWS API; `undefined` for any other host
 * (custom domains included).
 *
 * Known are API Gateway (REST, HTTP and WebSocket APIs, FIPS, dual-stack, VPC endpoints), Lambda
 * function URLs, AppSync, AgentCore, OpenSearch, S3 in all its forms, VPC Lattice, IoT, STS,
 * whatever else is `service.region.amazonaws.com`, and wherever AWS's SDKs send requests, in all
 * partitions; besides them Cloudflare R2 and Backblaze B2. A host of S3 that does not tell its
 * region (accelerate) gives `undefined`; name the region.
 *
 * @throws {TypeError} if `url` is a string that is not an absolute URL
 * @see https://docs.aws.amazon.com/general/latest/gr/rande.html
 */
export function resolveTarget(url: URL | string): Target | undefined {
  const told = readHost((typeof url === 'string' ? new URL(url) : url).hostname);
  const { service, region } = told ?? {};
  return service === undefined || region === undefined ? undefined : { service, region };
}

/**
 * @param given the host name as the URL parser gives it
 * @returns `undefined` for a host that is not one of AWS
 */
export function readHost(given: string): Told | undefined {
  // With a dot at the end, a name means the same.
  const hostname = given.replace(/\.$/, '');
  const b2 = B2.exec(hostname)?.[1];
  if (b2 !== undefined) return { service: 's3', region: b2 };
  if (R2.test(hostname)) return { service: 's3', region: 'auto' };
  const place = withoutDnsSuffix(hostname);
  // All that ends so is AWS's.
  if (place === undefined) return /\.(aws|aws\.dev)$/.test(hostname) ? {} : undefined;
  const told = readName(place);
  if (told !== undefined) return told;
  const region = ANYWHERE.exec(place.name)?.[1];
  return region === undefined ? {} : { region };
}

/** What the name tells of a host that is known; `undefined` of any other. */
function readName({ name, id, home }: PlaceOfHost): Told | undefined {
  for (const [service, host] of HOSTS) {
    const region = host.exec(name)?.groups?.['region'];
    if (region !== undefined) return { service, region };
  }
  const told = id === 'aws' && WITHOUT_REGION.find(([host]) => host.test(name))?.[1];
  if (told) return told;
  const plain = name.replace(/-fips|^fips\./, '');
  const global = GLOBAL.exec(plain) ?? (id === 'aws' ? GLOBAL_OF_AWS.exec(plain) : null);
  if (global?.groups !== undefined) {
    const { prefix = '', gov } = global.groups;
    const isOther = id === 'aws-cn' && prefix !== 'iam';
    const region = gov ? 'us-gov-west-1' : isOther ? 'cn-northwest-1' : home;
    return { service: signingName(prefix) ?? prefix, region };
  }
  const { prefix = '', region } = GENERAL.exec(plain)?.groups ?? {};
  if (region === undefined) return undefined;
  const service = signingName(prefix) ?? prefix;
  // What has a dot, or is behind somebody's own endpoint, can be a customer's program.
  const isService = service !== prefix || /^(?!vpce-svc-)[a-z0-9-]+$/.test(prefix);
  return isService ? { service, region } : undefined;
}

/** An expression for a whole name, with a region in it. */
function whole(host: RegExp): RegExp {
  return new RegExp(`^${host.source.replace('REGION', REGION)}$`);
}

/**
 * What the SDKs' endpoint rules do not tell: `*` stands for the signing name. See SIGNING_NAMES.
 */
const MORE_NAMES = `
aps aps-workspaces
codecommit git-*
mturk-requester *-sandbox
partnercentral *-prm
rekognition streaming-*
sqs queue
transcribe transcribestreaming
`;

let names: Map<string, string> | undefined;

/** The signing name of the service whose hosts begin so, if it is in the tables. */
function signingName(prefix: string): string | undefined {
  names ??= new Map(
    (SIGNING_NAMES + MORE_NAMES).split('\n').flatMap((line) => {
      const [name = '', ...prefixes] = line.split(' ');
      return prefixes.map((each) => [each.replace('*', name), name] as const);
    }),
  );
  return names.get(prefix);
}

/** The error that the name of a host of AWS does not tell what to sign for. */
export function hostNotTold(host: string, { region }: Told, service?: string): SigV4Error {
  const known = region === undefined ? '' : `, but for the region ${region}`;
  return new SigV4Error(
    service === undefined ? 'ERR_SIGV4_SERVICE' : 'ERR_SIGV4_REGION',
    `url: ${host} is a host of AWS whose name does not tell what to sign for${known}; name service and region in the options, for example { service: 'lambda', region: '${region ?? 'eu-west-1'}' }`,
  );
}
