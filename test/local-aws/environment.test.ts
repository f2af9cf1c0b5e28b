import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { startLocalAws, type LocalAws } from '@sigv4/testing';

import { allow, CALLER, OWN, policy } from '../world.ts';
import { fetchAs } from './start.ts';

const ROLE = `arn:aws:iam::${OWN}:role/services/orders`;
const SHORT = `arn:aws:iam::${OWN}:role/short`;

let aws: LocalAws<'api'>;
beforeAll(async () => {
  const trust = policy({
    Effect: 'Allow',
    Principal: { Service: 'ecs-tasks.amazonaws.com' },
    Action: 'sts:AssumeRole',
  });
  aws = await startLocalAws({
    accounts: {
      [OWN]: {
        users: { 'order-service': { policies: [allow('execute-api:Invoke')] } },
        roles: {
          'services/orders': { trust, policies: [allow('execute-api:Invoke')] },
          short: { trust, policies: [allow('execute-api:Invoke')], sessionSeconds: 60 },
        },
      },
    },
    apis: {
      api: {
        account: OWN,
        routes: [
          { method: 'GET', path: '/x', handler: ({ caller }) => ({ body: caller?.arn ?? '' }) },
        ],
      },
    },
  });
});
afterAll(() => aws.close());
beforeEach(() => {
  aws.requests.length = 0;
});

describe('credentialsOf a role', () => {
  test('is a new session of an hour, as a service on Lambda has it', async () => {
    const credentials = aws.credentialsOf(ROLE);
    expect(credentials.accessKeyId).toMatch(/^ASIA/);
    expect(aws.credentialsOf(ROLE).accessKeyId).not.toBe(credentials.accessKeyId);
    expect(credentials.expiration).toEqual(new Date(aws.clock.now() + 3_600_000));
    const response = await fetchAs(aws, ROLE)(`${aws.apis.api.url}/x`);
    expect(await response.text()).toBe(`arn:aws:sts::${OWN}:assumed-role/orders/local-aws`);
  });

  test('ends by the clock, and earlier if the role says so', async () => {
    await using local = await startLocalAws({
      accounts: {
        [OWN]: {
          roles: { r: { trust: policy(), policies: [allow('*')], sessionSeconds: 60 } },
        },
      },
      apis: { api: { account: OWN, routes: [{ method: 'GET', path: '/x', handler: () => ({}) }] } },
    });
    const role = `arn:aws:iam::${OWN}:role/r`;
    const call = fetchAs(local, role);
    expect((await call(`${local.apis.api.url}/x`)).status).toBe(200);
    local.clock.advance('61s');
    expect((await call(`${local.apis.api.url}/x`)).status).toBe(403);
    expect(local.requests.at(-1)?.refusal).toMatch(/expired/);
  });

  test('of a name that is not quite right names the right one', () => {
    expect(() => aws.credentialsOf(`${ROLE}s`)).toThrow(
      `there is no ${ROLE}s; there are ${CALLER}, ${ROLE}, ${SHORT}; did you mean ${ROLE}?`,
    );
  });
});

/** A process that has this environment, and nothing else of AWS. */
async function inProcess(arn: string): Promise<Record<string, unknown>> {
  const file = join(import.meta.dirname, 'default-chain.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@sigv4/source', file, `${aws.apis.api.url}/x`],
    {
      env: {
        PATH: process.env['PATH'],
        AWS_CONFIG_FILE: '/nonexistent',
        AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
        ...aws.env(arn),
      },
      timeout: 30_000,
    },
  );
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('env', () => {
  test('of a user: its access key', async () => {
    const { accessKeyId } = aws.credentialsOf(CALLER);
    expect(await inProcess(CALLER)).toMatchObject({
      accessKeyId,
      isSession: false,
      status: 200,
      caller: CALLER,
    });
  }, 40_000);

  test('of a role: its credentials come from the endpoint of containers', async () => {
    expect(await inProcess(ROLE)).toMatchObject({
      accessKeyId: expect.stringMatching(/^ASIA/),
      isSession: true,
      expiration: `${new Date(aws.clock.now() + 3_600_000).toISOString().slice(0, 19)}.000Z`,
      status: 200,
      caller: `arn:aws:sts::${OWN}:assumed-role/orders/local-aws`,
    });
    expect(aws.requests[0]).toMatchObject({
      service: 'container-credentials',
      verdict: 'allowed',
      callerArn: ROLE,
    });
  }, 40_000);

  test('of nobody', () => {
    expect(() => aws.env(`${ROLE}s`)).toThrow(/there is no .*; did you mean/);
  });
});

describe('the endpoint of containers', () => {
  const ask = (change: (env: Record<string, string>) => void, init?: RequestInit) => {
    const env = aws.env(ROLE);
    change(env);
    const { AWS_CONTAINER_CREDENTIALS_FULL_URI: url = '', AWS_CONTAINER_AUTHORIZATION_TOKEN } = env;
    return fetch(url, {
      ...init,
      headers: AWS_CONTAINER_AUTHORIZATION_TOKEN
        ? { authorization: AWS_CONTAINER_AUTHORIZATION_TOKEN }
        : {},
    });
  };

  test('gives them to who has the token, and to nobody else', async () => {
    expect((await ask(() => {})).status).toBe(200);
    const other = aws.env(SHORT)['AWS_CONTAINER_AUTHORIZATION_TOKEN'] ?? '';
    for (const token of ['', 'wrong', other]) {
      const response = await ask((env) => {
        env['AWS_CONTAINER_AUTHORIZATION_TOKEN'] = token;
      });
      expect([response.status, await response.json()]).toEqual([
        401,
        { code: 'AccessDeniedException', message: 'the authorization token is wrong' },
      ]);
    }
    await using second = await startLocalAws({
      accounts: { [OWN]: { roles: { 'services/orders': { trust: policy() } } } },
    });
    const response = await ask((env) => {
      Object.assign(env, {
        AWS_CONTAINER_AUTHORIZATION_TOKEN: second.env(ROLE)['AWS_CONTAINER_AUTHORIZATION_TOKEN'],
      });
    });
    expect(response.status).toBe(401);
  });

  test('knows no other role, and takes GET only', async () => {
    const response = await ask((env) => {
      env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] += 's';
    });
    expect(response.status).toBe(404);
    expect((await ask(() => {}, { method: 'POST' })).status).toBe(404);
  });

  test('can fail', async () => {
    aws.faults.next(1, { throttled: true }, { service: 'container-credentials' });
    expect((await ask(() => {})).status).toBe(429);
    expect((await ask(() => {})).status).toBe(200);
  });

  test('prints no secret', async () => {
    await ask(() => {});
    const token = aws.env(ROLE)['AWS_CONTAINER_AUTHORIZATION_TOKEN'] ?? '';
    expect(aws.requests.join('\n')).toMatch(/^GET container-credentials \/_local\/credentials\//);
    expect(aws.requests.join('\n')).not.toContain(token);
  });
});

test('the global endpoint of STS takes signatures for us-east-1', async () => {
  const client = new STSClient({
    region: 'us-east-1',
    endpoint: 'https://sts.amazonaws.com',
    credentials: aws.credentialsOf(CALLER),
    requestHandler: { httpsAgent: aws.httpsAgent },
  });
  expect((await client.send(new GetCallerIdentityCommand({}))).Arn).toBe(CALLER);
  client.destroy();
  const regional = new STSClient({
    region: 'eu-west-1',
    endpoint: 'https://sts.amazonaws.com',
    credentials: aws.credentialsOf(CALLER),
    requestHandler: { httpsAgent: aws.httpsAgent },
  });
  await expect(regional.send(new GetCallerIdentityCommand({}))).rejects.toThrow(
    /scoped to a valid region, not 'eu-west-1'/,
  );
  regional.destroy();
});
