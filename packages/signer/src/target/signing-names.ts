// Made by `pnpm run renew:hosts` of what AWS publishes; change it there.

/**
 * Signing names, and what the hosts of these services begin with where that is another name or has
 * a dot; `*` stands for the signing name.
 */
export const SIGNING_NAMES = `
IoTSecuredTunneling api.iot-tunneling api.tunneling.iot
acm acm-acme
agent-registry *-control
aidevops cp.* dp.*
airflow api.* env.* ops.*
appconfig *data
appstream *2
arc-region-switch *-control-plane
aws-marketplace agreement-marketplace catalog-marketplace catalog.marketplace deployment-marketplace discovery-marketplace entitlement-marketplace entitlement.marketplace metering-marketplace metering.marketplace reporting-marketplace
awsssoportal portal.sso
bedrock *-agent *-agent-runtime *-data-automation *-data-automation-runtime *-runtime
bedrock-agentcore *-control
cassandra *-streams
chime identity-* media-pipelines-* meetings-* messaging-* voice-*
cloudhsm *v2
cloudsearch *domain
cloudwatch *-omni
connect contact-lens
dataexchange api-fulfill.*
deadline management.* scheduling.*
detective api.*
dynamodb search-* streams-* streams.*
ecr api.*
ecr-public api.*
elastic-inference api.*
elasticfilesystem efs
es aos
events *v2
execute-api participant.connect
forecast *query
geo cp.geofencing.geo cp.maps.* cp.metadata.* cp.places.* cp.routes.* cp.tracking.* geofencing.geo metadata.* tracking.*
health-agent runtime.* streaming.*
healthlake datatransformation.*
iam *-toolbox
iot-jobs-data data.jobs.iot
iot1click devices.* projects.*
iotdata data-ats.iot data.ats.iot data.iot
iotdeviceadvisor api.*
ioteventsdata data.iotevents
iotfleethub api.fleethub.iot
iotmanagedintegrations api.*
iotsitewise api.* data.* monitor.*
iottwinmaker api.* data.*
iotwireless api.*
ivs *realtime
kafka *-api
lakeformation data-* query-*
lex models-v2-* models.* runtime-v2-* runtime.*
logs stream-*
mediaconvert subscribe.*
mediastore data.*
mediatailor api.*
medical-imaging runtime-*
memorydb memory-db
mgh migrationhub-config
mobiletargeting pinpoint
omics analytics-* control-storage-* storage-* tags-* workflows-*
payment-cryptography controlplane.* dataplane.*
personalize *-events *-runtime
pricing api.*
qapps data.*
qldb session.*
route53-recovery-control-config arc-recovery-control-config
rum dataplane.*
s3 *-control *-control.dualstack *.dualstack
s3express *-control *-control.dualstack
sagemaker a2i-runtime.* api.* edge.* featurestore-runtime.* job-runtime.* metrics.* runtime.*
servicecatalog *-appregistry
servicediscovery data-*
ses email mail-manager
signer data-*
sms-voice *.pinpoint
sso-oauth oidc
states sync-*
thinclient api.*
timestream *-ingest *-query ingest.* query.*
transcribe cn.*
wellarchitected *-agent
wickr admin.*
`;
