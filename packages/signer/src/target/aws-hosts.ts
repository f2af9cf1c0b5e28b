import { withoutDnsSuffix } from './partition.ts';
import type { Target } from './target.ts';

/** `eu-west-1`, `us-gov-east-1`, `us-iso-west-1`, `eusc-de-east-1`. */
const REGION = '(?<region>[a-z]{2,4}(-[a-z]+)+-\\d+)';

/** Signing names, and their host names without the partition's suffix. */
const HOSTS: readonly (readonly [service: string, host: RegExp])[] = [
  // {api}.execute-api.{region}, {api}-{vpce}.execute-api.{region}, {vpce}.execute-api.{region}.vpce
  ['execute-api', /[^.]+\.execute-api(-fips)?\.REGION(\.vpce)?/],
  ['lambda', /[^.]+\.lambda-url\.REGION\.on/],
  ['appsync', /[^.]+\.appsync(-realtime)?-api\.REGION/],
  ['es', /[^.]+\.REGION\.es/],
  ['es', /[^.]+\.aos\.REGION\.on/],
  ['aoss', /[^.]+\.REGION\.aoss(-fips)?/],
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
];

/** {service}.{region}, {service}-fips.{region}, {vpce}.{service}.{region}.vpce */
const GENERAL = /(vpce-[^.]+\.)?(?<prefix>[a-z0-9.-]+)\.REGION(\.vpce)?/;

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
  for (const [service, host] of HOSTS) {
    const region = match(name, host)?.['region'];
    if (region !== undefined) return { service, region };
  }
  if (/.\.accesspoint\.s3-global$/.test(name)) return { service: 's3', region: '*' };
  if (hostname.endsWith('.amazonaws.com')) {
    if (/^(.+\.)?s3$/.test(name)) return { service: 's3', region: 'us-east-1' };
    if (GLOBAL.test(name)) return { service: name, region: 'us-east-1' };
  }
  const { prefix = '', region } = match(name, GENERAL) ?? {};
  if (region === undefined) return undefined;
  const label = prefix.replace('-fips', '');
  const service = signingName(label) ?? label;
  // What has a dot, or is behind somebody's own endpoint, can be a customer's program.
  const isService = service !== label || /^(?!vpce-svc-)[a-z0-9-]+$/.test(label);
  return isService ? { service, region } : undefined;
}

function match(name: string, host: RegExp): RegExpExecArray['groups'] {
  return new RegExp(`^${host.source.replace('REGION', REGION)}$`).exec(name)?.groups;
}

/**
 * Signing names, and what the hosts of these services begin with where that is another name or has
 * a dot; `*` stands for the signing name. From the endpoint prefixes and signing names of the AWS
 * SDKs' API models.
 */
const SIGNING_NAMES = `
airflow api.* env.* ops.*
appconfig appconfigdata
appstream appstream2
aps aps-workspaces
aws-marketplace agreement-marketplace catalog.marketplace deployment-marketplace entitlement.marketplace metering.marketplace
awsssoportal portal.sso
bedrock *-agent *-agent-runtime *-runtime
chime identity-* media-pipelines-* meetings-* messaging-* voice-*
cloudhsm cloudhsmv2
codecommit git-*
connect contact-lens
detective api.*
dynamodb streams.*
ecr api.*
ecr-public api.*
elastic-inference api.*
execute-api participant.connect
forecast forecastquery
iot-jobs-data data.jobs.iot
iot1click devices.* projects.*
iotdeviceadvisor api.*
ioteventsdata data.iotevents
iotfleethub api.fleethub.iot
IoTSecuredTunneling api.tunneling.iot
iotwireless api.*
ivs ivsrealtime
lex models-v2-* models.* runtime-v2-* runtime.*
mediastore data.*
mediatailor api.*
memorydb memory-db
mgh migrationhub-config
mobiletargeting pinpoint
omics analytics-* control-storage-* storage-* tags-* workflows-*
payment-cryptography controlplane.* dataplane.*
personalize *-events *-runtime
pricing api.*
qapps data.*
qldb session.*
s3 s3-control
sagemaker a2i-runtime.* api.* edge.* featurestore-runtime.* metrics.* runtime.*
servicecatalog *-appregistry
servicediscovery data-*
ses email mail-manager
sms-voice *.pinpoint
sqs queue
sso-oauth oidc
states sync-*
timestream ingest.* query.*
transcribe transcribestreaming
`;

let names: Map<string, string> | undefined;

/** The signing name of the service whose hosts begin so, if it is in the table. */
function signingName(prefix: string): string | undefined {
  names ??= new Map(
    SIGNING_NAMES.trim()
      .split('\n')
      .flatMap((line) => {
        const [name = '', ...prefixes] = line.split(' ');
        return prefixes.map((each) => [each.replace('*', name), name] as const);
      }),
  );
  return names.get(prefix);
}
