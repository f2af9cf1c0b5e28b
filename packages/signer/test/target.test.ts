import { describe, expect, test, vi } from 'vitest';

import { createSigner, resolveTarget } from '@sigv4/signer';
import { partitionOf } from '@sigv4/signer/client';

import { targetOfHost } from '../src/target/host-target.ts';

test.each([
  // API Gateway
  ['abc123.execute-api.eu-west-1.amazonaws.com', 'execute-api', 'eu-west-1'],
  ['abc123-vpce-0a1b.execute-api.us-east-2.amazonaws.com', 'execute-api', 'us-east-2'],
  ['vpce-0a1b-cd.execute-api.us-east-2.vpce.amazonaws.com', 'execute-api', 'us-east-2'],
  ['abc123.execute-api-fips.us-west-2.amazonaws.com', 'execute-api', 'us-west-2'],
  ['abc123.execute-api.eu-west-1.api.aws', 'execute-api', 'eu-west-1'],
  ['abc123.execute-api.cn-north-1.amazonaws.com.cn', 'execute-api', 'cn-north-1'],
  ['abc123.execute-api.us-gov-west-1.amazonaws.com', 'execute-api', 'us-gov-west-1'],
  ['abc123.execute-api.us-iso-east-1.c2s.ic.gov', 'execute-api', 'us-iso-east-1'],
  ['abc123.execute-api.us-isob-east-1.sc2s.sgov.gov', 'execute-api', 'us-isob-east-1'],
  ['abc123.execute-api.eusc-de-east-1.amazonaws.eu', 'execute-api', 'eusc-de-east-1'],
  ['ABC123.Execute-API.eu-west-1.AmazonAWS.com', 'execute-api', 'eu-west-1'],
  // Lambda, AppSync, Lattice
  ['abcdef.lambda-url.eu-west-1.on.aws', 'lambda', 'eu-west-1'],
  ['lambda.eu-west-1.amazonaws.com', 'lambda', 'eu-west-1'],
  ['abcdef.appsync-api.eu-west-1.amazonaws.com', 'appsync', 'eu-west-1'],
  ['abcdef.appsync-realtime-api.eu-west-1.amazonaws.com', 'appsync', 'eu-west-1'],
  ['orders-0123.7d67968.vpc-lattice-svcs.eu-west-1.on.aws', 'vpc-lattice-svcs', 'eu-west-1'],
  // OpenSearch
  ['search-logs-abc.eu-west-1.es.amazonaws.com', 'es', 'eu-west-1'],
  ['vpc-logs-abc.eu-west-1.es.amazonaws.com', 'es', 'eu-west-1'],
  ['search-logs-abc.aos.eu-west-1.on.aws', 'es', 'eu-west-1'],
  ['es.eu-west-1.amazonaws.com', 'es', 'eu-west-1'],
  ['abc.eu-west-1.aoss.amazonaws.com', 'aoss', 'eu-west-1'],
  ['abc.us-east-1.aoss-fips.amazonaws.com', 'aoss', 'us-east-1'],
  // S3
  ['bucket.s3.eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['my.dotted.bucket.s3.eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['s3.eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['bucket.s3.amazonaws.com', 's3', 'us-east-1'],
  ['s3.amazonaws.com', 's3', 'us-east-1'],
  ['s3-eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['bucket.s3-eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['bucket.s3.dualstack.eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['bucket.s3-fips.us-east-1.amazonaws.com', 's3', 'us-east-1'],
  ['bucket.s3-fips.dualstack.us-gov-west-1.amazonaws.com', 's3', 'us-gov-west-1'],
  ['bucket.s3.cn-north-1.amazonaws.com.cn', 's3', 'cn-north-1'],
  ['name-111111111111.s3-accesspoint.eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['name-111111111111.s3-accesspoint.dualstack.eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['111111111111.s3-control.eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['mfzwi23gnjvgw.accesspoint.s3-global.amazonaws.com', 's3', '*'],
  ['bucket.bucket.vpce-0a-b.s3.eu-west-1.vpce.amazonaws.com', 's3', 'eu-west-1'],
  ['name-1.op-1.s3-outposts.eu-west-1.amazonaws.com', 's3-outposts', 'eu-west-1'],
  ['name-1.s3-object-lambda.eu-west-1.amazonaws.com', 's3-object-lambda', 'eu-west-1'],
  ['b--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com', 's3express', 'us-west-2'],
  ['s3express-control.us-west-2.amazonaws.com', 's3express', 'us-west-2'],
  // IoT
  ['a1b2c3d4e5f6g7-ats.iot.eu-west-1.amazonaws.com', 'iotdata', 'eu-west-1'],
  ['data-ats.iot.eu-west-1.amazonaws.com', 'iotdata', 'eu-west-1'],
  ['iot.eu-west-1.amazonaws.com', 'iot', 'eu-west-1'],
  // STS and the rest
  ['sts.eu-west-1.amazonaws.com', 'sts', 'eu-west-1'],
  ['sts-fips.us-east-1.amazonaws.com', 'sts', 'us-east-1'],
  ['sts.amazonaws.com', 'sts', 'us-east-1'],
  ['iam.amazonaws.com', 'iam', 'us-east-1'],
  ['sqs.eu-west-1.amazonaws.com', 'sqs', 'eu-west-1'],
  ['eu-west-1.queue.amazonaws.com', undefined, ''],
  ['dynamodb.eu-west-1.api.aws', 'dynamodb', 'eu-west-1'],
  ['streams.dynamodb.eu-west-1.amazonaws.com', 'dynamodb', 'eu-west-1'],
  ['kms-fips.us-east-1.amazonaws.com', 'kms', 'us-east-1'],
  ['email.eu-west-1.amazonaws.com', 'ses', 'eu-west-1'],
  ['bedrock-runtime.us-east-1.amazonaws.com', 'bedrock', 'us-east-1'],
  ['runtime.sagemaker.eu-west-1.amazonaws.com', 'sagemaker', 'eu-west-1'],
  ['entitlement.marketplace.us-east-1.amazonaws.com', 'aws-marketplace', 'us-east-1'],
  ['vpce-0a1b-cd.sqs.eu-west-1.vpce.amazonaws.com', 'sqs', 'eu-west-1'],
  ['rds.us-east-1.amazonaws.com', 'rds', 'us-east-1'],
  ['redshift-fips.us-east-1.amazonaws.com', 'redshift', 'us-east-1'],
  ['elasticbeanstalk.eu-west-1.amazonaws.com', 'elasticbeanstalk', 'eu-west-1'],
  ['vpce-1.rds.eu-west-1.vpce.amazonaws.com', 'rds', 'eu-west-1'],
  ['rds.eu-west-1.api.aws', 'rds', 'eu-west-1'],
  ['messaging-chime.us-east-1.amazonaws.com', 'chime', 'us-east-1'],
  ['runtime-fips.sagemaker.us-east-1.amazonaws.com', 'sagemaker', 'us-east-1'],
  ['participant.connect.eu-west-1.amazonaws.com', 'execute-api', 'eu-west-1'],
  ['query.timestream.eu-west-1.amazonaws.com', 'timestream', 'eu-west-1'],
  ['env.airflow.eu-west-1.amazonaws.com', 'airflow', 'eu-west-1'],
  ['queue.us-east-1.amazonaws.com', 'sqs', 'us-east-1'],
  ['s3-control.eu-west-1.amazonaws.com', 's3', 'eu-west-1'],
  ['shield.amazonaws.com', 'shield', 'us-east-1'],
  // Where customers choose a part of the name
  ['gw-1a2b.gateway.bedrock-agentcore.us-east-1.amazonaws.com', 'bedrock-agentcore', 'us-east-1'],
  ['bedrock-agentcore.us-east-1.amazonaws.com', 'bedrock-agentcore', 'us-east-1'],
  ['bedrock-data-automation-runtime.us-west-2.amazonaws.com', 'bedrock', 'us-west-2'],
  ['streaming-rekognition.us-east-1.amazonaws.com', 'rekognition', 'us-east-1'],
  ['mturk-requester-sandbox.us-east-1.amazonaws.com', 'mturk-requester', 'us-east-1'],
  ['db.cluster-c1.eu-west-1.neptune.amazonaws.com', 'neptune-db', 'eu-west-1'],
  ['db.cluster-c1.neptune.cn-north-1.amazonaws.com.cn', 'neptune-db', 'cn-north-1'],
  ['g-0a1b.us-east-1.neptune-graph.amazonaws.com', 'neptune-graph', 'us-east-1'],
  ['logs-abcdef.us-east-1.osis.amazonaws.com', 'osis', 'us-east-1'],
  ['codeartifact.eu-west-1.amazonaws.com', 'codeartifact', 'eu-west-1'],
  ['0a1b2c.dsql.us-east-1.on.aws', 'dsql', 'us-east-1'],
  ['dsql.us-east-1.api.aws', 'dsql', 'us-east-1'],
  ['b-1234abcd.kinesisvideo.us-west-2.amazonaws.com', 'kinesisvideo', 'us-west-2'],
  ['kinesisvideo.us-west-2.amazonaws.com', 'kinesisvideo', 'us-west-2'],
  ['tracking.geo.eu-west-1.amazonaws.com', 'geo', 'eu-west-1'],
  ['cp.maps.geo.eu-west-1.amazonaws.com', 'geo', 'eu-west-1'],
  ['111122223333.ddb.eu-west-1.amazonaws.com', 'dynamodb', 'eu-west-1'],
  ['111122223333.data-kinesis.eu-west-1.amazonaws.com', 'kinesis', 'eu-west-1'],
  ['query-cell1.timestream.us-east-1.amazonaws.com', 'timestream', 'us-east-1'],
  ['search-films-abc.us-east-1.cloudsearch.amazonaws.com', 'cloudsearch', 'us-east-1'],
  ['a1b2c3.livy.emr-serverless-services.us-east-1.amazonaws.com', 'emr-serverless', 'us-east-1'],
  ['mainnet.bitcoin.managedblockchain.us-east-1.amazonaws.com', 'managedblockchain', 'us-east-1'],
  ['abcd1234.mediaconvert.eu-west-1.amazonaws.com', 'mediaconvert', 'eu-west-1'],
  ['abcd1234.data.mediastore.eu-west-1.amazonaws.com', 'mediastore', 'eu-west-1'],
  [
    'a1b2.route53-recovery-cluster.us-west-2.amazonaws.com',
    'route53-recovery-cluster',
    'us-west-2',
  ],
  ['a1b2c3d4e5f6g7.jobs.iot.eu-west-1.amazonaws.com', 'iot-jobs-data', 'eu-west-1'],
  ['abc.endpoint.events.amazonaws.com', 'events', '*'],
  ['111122223333.cloudfront-kvs.global.api.aws', 'cloudfront-keyvaluestore', '*'],
  ['search-logs-abc.aos.cn-north-1.on.amazonwebservices.com.cn', 'es', 'cn-north-1'],
  // The old names of S3
  ['s3-us-west-2.amazonaws.com', 's3', 'us-west-2'],
  ['s3-fips-us-gov-west-1.amazonaws.com', 's3', 'us-gov-west-1'],
  ['s3-external-1.amazonaws.com', 's3', 'us-east-1'],
  ['my.bucket.s3-external-1.amazonaws.com', 's3', 'us-east-1'],
  // Once in a partition
  ['budgets.amazonaws.com.cn', 'budgets', 'cn-northwest-1'],
  ['iam.global.api.amazonwebservices.com.cn', 'iam', 'cn-north-1'],
  ['iam.us-gov.amazonaws.com', 'iam', 'us-gov-west-1'],
  ['global.health.amazonaws.com', 'health', 'us-east-1'],
  ['route53.amazonaws.eu', 'route53', 'eusc-de-east-1'],
  // Others that sign as S3 does
  ['a1b2c3.r2.cloudflarestorage.com', 's3', 'auto'],
  ['bucket.a1b2c3.eu.r2.cloudflarestorage.com', 's3', 'auto'],
  ['s3.us-west-004.backblazeb2.com', 's3', 'us-west-004'],
  ['my.bucket.s3.eu-central-003.backblazeb2.com', 's3', 'eu-central-003'],
  ['f004.backblazeb2.com', undefined, ''],
  ['pub-a1b2.r2.dev', undefined, ''],
  ['r2.cloudflarestorage.com.evil.example', undefined, ''],
  ['evilr2.cloudflarestorage.com', undefined, ''],
  // They take other credentials than a signature
  ['team-111122223333.d.codeartifact.eu-west-1.amazonaws.com', undefined, ''],
  ['111122223333.dkr.ecr.eu-west-1.amazonaws.com', undefined, ''],
  ['c1.credentials.iot.eu-west-1.amazonaws.com', undefined, ''],
  ['ABC.gr7.eu-west-1.eks.amazonaws.com', undefined, ''],
  // Not ours to sign
  ['vpce-0a-1b.vpce-svc-0123.us-east-1.vpce.amazonaws.com', undefined, ''],
  ['vpce-svc-0123.us-east-1.vpce.amazonaws.com', undefined, ''],
  ['b-1234.mq.eu-west-1.amazonaws.com', undefined, ''],
  ['g-1234.grafana-workspace.eu-west-1.amazonaws.com', undefined, ''],
  ['oidc.eks.eu-west-1.amazonaws.com', undefined, ''],
  ['mydb.abc.eu-west-1.rds.amazonaws.com', undefined, ''],
  ['iam.aws', undefined, ''],
  ['foo.s3.aws', undefined, ''],
  ['x.us-east-1.aws', undefined, ''],
  ['api.example.com', undefined, ''],
  ['execute-api.amazonaws.com', undefined, ''],
  ['abc123.execute-api.eu-west-1.amazonaws.com.evil.example', undefined, ''],
  ['abc123.execute-api.eu-west-1.evilamazonaws.com', undefined, ''],
  ['evil.example.abc123.execute-api.eu-west-1.amazonaws.com', undefined, ''],
  ['my-alb-123.eu-west-1.elb.amazonaws.com', undefined, ''],
  ['ec2-1-2-3-4.eu-west-1.compute.amazonaws.com', undefined, ''],
  ['d111.cloudfront.net', undefined, ''],
  ['localhost', undefined, ''],
  ['127.0.0.1', undefined, ''],
  ['amazonaws.com', undefined, ''],
])('%s: %s %s', async (host, service, region) => {
  const target = service === undefined ? undefined : { service, region };
  expect(resolveTarget(`https://${host}/prod`)).toEqual(target);
  expect(resolveTarget(new URL(`wss://${host}:8443/`))).toEqual(target);
  // A signer loads the table only where it has to, and asks before it signs as something else.
  const told = await targetOfHost(new URL(`https://${host}`).hostname);
  expect(target === undefined ? told?.service : told).toEqual(target);
});

test.each([
  ['abc123.execute-api.eu-west-1.amazonaws.com.', 'execute-api', 'eu-west-1'],
  ['bucket.s3.eu-west-1.amazonaws.com.', 's3', 'eu-west-1'],
  ['abc.lambda-url.eu-west-1.on.aws.', 'lambda', 'eu-west-1'],
  ['sts.amazonaws.com.', 'sts', 'us-east-1'],
  ['account.r2.cloudflarestorage.com.', 's3', 'auto'],
  ['s3.us-west-004.backblazeb2.com.', 's3', 'us-west-004'],
])('%s means the same without its last dot', async (host, service, region) => {
  expect(resolveTarget(`https://${host}/`)).toEqual({ service, region });
  expect(await targetOfHost(host)).toEqual({ service, region });
});

test('a host of AWS with a dot at the end is never taken for execute-api', async () => {
  const credentials = { accessKeyId: 'A', secretAccessKey: 's' };
  const signer = createSigner({ credentials, region: 'eu-west-1' });
  const url = 'https://x.unknown.eu-west-1.amazonaws.com./';
  await expect(signer.sign({ method: 'GET', url })).rejects.toMatchObject({
    code: 'ERR_SIGV4_SERVICE',
  });
});

test.each(['bucket.s3-accelerate', 'my.bucket.s3-accelerate.dualstack'])(
  '%s is known as one of S3, but tells no region',
  async (name) => {
    const url = `https://${name}.amazonaws.com/key`;
    expect(resolveTarget(url)).toBeUndefined();
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    const credentials = { accessKeyId: 'A', secretAccessKey: 's' };
    const scopes: (string | undefined)[] = [];
    for (const options of [{ region: 'us-west-2' }, {}]) {
      const { headers } = await createSigner({ credentials, ...options }).sign({
        method: 'GET',
        url,
      });
      expect(headers['x-amz-content-sha256']).toBeDefined();
      scopes.push(/\d{8}\/([^,]+)\/aws4/.exec(headers.authorization ?? '')?.[1]);
    }
    expect(scopes).toEqual(['us-west-2/s3', 'eu-west-1/s3']);
    vi.unstubAllEnvs();
  },
);

describe('a website endpoint of S3', () => {
  test.each([
    'bucket.s3-website-us-east-1.amazonaws.com',
    'bucket.s3-website.eu-central-1.amazonaws.com',
    'bucket.s3-website.eu-central-1.amazonaws.com.',
  ])('%s is refused', async (host) => {
    expect(resolveTarget(`http://${host}/`)).toBeUndefined();
    const signer = createSigner({
      credentials: { accessKeyId: 'A', secretAccessKey: 's' },
      allowInsecureHttp: true,
    });
    await expect(signer.sign({ method: 'GET', url: `http://${host}/` })).rejects.toThrow(
      /takes no signatures/,
    );
  });
});

test('every region has its partition', () => {
  expect(partitionOf('eu-west-1')).toEqual({
    id: 'aws',
    dnsSuffix: 'amazonaws.com',
    dualStackDnsSuffix: 'api.aws',
  });
  expect(partitionOf('cn-northwest-1').dnsSuffix).toBe('amazonaws.com.cn');
  expect(partitionOf('us-gov-east-1').id).toBe('aws-us-gov');
  expect(partitionOf('mars-north-1').id).toBe('aws');
});
