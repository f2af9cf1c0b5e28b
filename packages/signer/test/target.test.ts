import { expect, test } from 'vitest';

import { partitionOf, resolveTarget } from '@sigv4/signer';

test.each([
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
  ['sts.eu-west-1.amazonaws.com', 'sts', 'eu-west-1'],
  ['sts-fips.us-east-1.amazonaws.com', 'sts', 'us-east-1'],
])('%s', (host, service, region) => {
  expect(resolveTarget(`https://${host}/prod`)).toEqual({ service, region });
  expect(resolveTarget(new URL(`wss://${host}:8443/`))).toEqual({ service, region });
});

test.each([
  'api.example.com',
  'execute-api.eu-west-1.amazonaws.com',
  'abc123.execute-api.eu-west-1.amazonaws.com.evil.example',
  'abc123.execute-api.eu-west-1.evilamazonaws.com',
  'evil.example.abc123.execute-api.eu-west-1.amazonaws.com',
  'abc123.execute-api.amazonaws.com',
  'localhost',
  '127.0.0.1',
  'amazonaws.com',
])('%s is not known', (host) => {
  expect(resolveTarget(`https://${host}/`)).toBeUndefined();
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
