import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { assumeRole, cacheCredentials, type CachedCredentials } from '@sigv4/credentials';
import type { LocalAws } from '@sigv4/testing';

import { CALLER, ROLE, startWorld } from '../world.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startWorld();
});
afterAll(() => aws.close());

function client(credentials: CachedCredentials): STSClient {
  return new STSClient({ credentials, region: aws.region, endpoint: aws.stsUrl });
}

async function callerOf(sts: STSClient): Promise<string | undefined> {
  return (await sts.send(new GetCallerIdentityCommand({}))).Arn;
}

test("as `credentials` of an SDK client: the role's session, without a cache of the SDK before ours", async () => {
  const role = assumeRole({
    roleArn: ROLE,
    roleSessionName: 'sdk',
    source: aws.credentialsOf(CALLER),
    region: aws.region,
    endpoint: aws.stsUrl,
  });
  const sts = client(role);
  const before = aws.requests.length;
  const arn = 'arn:aws:sts::222222222222:assumed-role/orders-invoke/sdk';
  expect(await callerOf(sts)).toBe(arn);
  expect(await callerOf(sts)).toBe(arn);
  const { accessKeyId } = await role();
  role.invalidate({ accessKeyId });
  expect(await callerOf(sts)).toBe(arn);
  const seen = aws.requests.slice(before);
  expect(seen.map(({ action }) => action)).toEqual([
    'AssumeRole',
    'GetCallerIdentity',
    'GetCallerIdentity',
    'AssumeRole',
    'GetCallerIdentity',
  ]);
  expect(seen.at(-1)?.accessKeyId).not.toBe(accessKeyId);
});

test('a refresh that fails in the last minutes of a session is none of the SDK client’s business', async () => {
  const session = { ...aws.credentialsOf(CALLER), expiration: new Date(Date.now() + 30_000) };
  const source = vi.fn().mockResolvedValueOnce(session).mockRejectedValue(new Error('STS is down'));
  const sts = client(cacheCredentials(source));
  expect(await callerOf(sts)).toBe(CALLER);
  vi.spyOn(Date, 'now').mockReturnValue(session.expiration.getTime() - 1000);
  expect(await callerOf(sts)).toBe(CALLER);
  vi.restoreAllMocks();
  expect(source).toHaveBeenCalledTimes(2);
});

test('a provider of the SDK as source, of the cache and of assumeRole', async () => {
  const theirs = fromTemporaryCredentials({
    params: { RoleArn: ROLE, RoleSessionName: 'theirs' },
    masterCredentials: aws.credentialsOf(CALLER),
    clientConfig: { region: aws.region, endpoint: aws.stsUrl },
  });
  expect(await callerOf(client(cacheCredentials(theirs)))).toBe(
    'arn:aws:sts::222222222222:assumed-role/orders-invoke/theirs',
  );
  const options = { region: aws.region, endpoint: aws.stsUrl };
  await expect(assumeRole({ ...options, roleArn: ROLE, source: theirs })()).rejects.toMatchObject({
    code: 'AccessDenied',
    message: expect.stringContaining('assumed-role/orders-invoke/theirs'),
  });
});
