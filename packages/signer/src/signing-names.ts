/**
 * Signing names, and what the hosts of these services begin with where that is another name or has
 * a dot; `*` stands for the signing name. From the endpoint prefixes and signing names of the AWS
 * SDKs' API models.
 */
const TABLE = `
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
export function signingName(prefix: string): string | undefined {
  names ??= new Map(
    TABLE.trim()
      .split('\n')
      .flatMap((line) => {
        const [name = '', ...prefixes] = line.split(' ');
        return prefixes.map((each) => [each.replace('*', name), name] as const);
      }),
  );
  return names.get(prefix);
}
