import { STSClient } from '@aws-sdk/client-sts';
import { afterEach, expect, test, vi } from 'vitest';

import { assumeRole } from '@sigv4/credentials';

import { ROLE } from '../world.ts';

afterEach(() => vi.unstubAllEnvs());

const REGIONS = [
  'us-east-1',
  'ap-southeast-2',
  'cn-north-1',
  'us-gov-west-1',
  'us-iso-east-1',
  'us-isob-east-1',
  'eu-isoe-west-1',
  'us-isof-south-1',
  'eusc-de-east-1',
];
const FLAGS = [true, false];
const CASES = REGIONS.flatMap((region) =>
  FLAGS.flatMap((isFips) => FLAGS.map((isDualStack) => [region, isFips, isDualStack] as const)),
);

/** Where a call of STS goes, and the scope that it is signed for. */
async function call(region: string): Promise<{ url: unknown; scope: string | undefined }> {
  let url: unknown;
  let scope: string | undefined;
  const role = assumeRole({
    roleArn: ROLE,
    source: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    region,
    fetch: async (input, init) => {
      const authorization = new Headers(init?.headers).get('authorization') ?? '';
      url = input;
      scope = /\d{8}\/([^,]+),/.exec(authorization)?.[1];
      return new Response('', { status: 400 });
    },
  });
  await expect(role()).rejects.toThrow('STS answered 400');
  return { url, scope };
}

test.each([...CASES, ['aws-global', false, false] as const])(
  "%s, FIPS %s, dual-stack %s: the endpoint and the scope are those of AWS's own client",
  async (region, isFips, isDualStack) => {
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', String(isFips));
    vi.stubEnv('AWS_USE_DUALSTACK_ENDPOINT', isDualStack ? 'TRUE' : '');
    const { endpointProvider } = new STSClient({ region }).config;
    const theirs = endpointProvider({
      Region: region,
      UseFIPS: isFips,
      UseDualStack: isDualStack,
      UseGlobalEndpoint: false,
    });
    const [scheme] = (theirs.properties?.['authSchemes'] ?? []) as { signingRegion: string }[];
    expect(await call(region)).toEqual({
      url: theirs.url.href,
      scope: `${scheme?.signingRegion ?? region}/sts/aws4_request`,
    });
  },
);

test('an endpoint that is named has neither', async () => {
  vi.stubEnv('AWS_USE_FIPS_ENDPOINT', 'true');
  vi.stubEnv('AWS_ENDPOINT_URL_STS', 'https://sts.internal.example/');
  expect((await call('eu-west-1')).url).toBe('https://sts.internal.example/');
});

// AWS's own client makes host names of it that there are not.
test.each([
  ['true', 'false', 'https://sts-fips.us-east-1.amazonaws.com/'],
  ['false', 'true', 'https://sts.us-east-1.api.aws/'],
  ['true', 'true', 'https://sts-fips.us-east-1.api.aws/'],
])('aws-global, FIPS %s, dual-stack %s: those of us-east-1', async (fips, dualStack, url) => {
  vi.stubEnv('AWS_USE_FIPS_ENDPOINT', fips);
  vi.stubEnv('AWS_USE_DUALSTACK_ENDPOINT', dualStack);
  expect(await call('aws-global')).toEqual({ url, scope: 'us-east-1/sts/aws4_request' });
});
