import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, test, vi } from 'vitest';

import {
  createRunningClock,
  startLocalAws,
  verifySignature,
  type AwsOptions,
  type LocalAws,
  type Verdict,
} from '@sigv4/testing';

import { allow, CALLER, OWN, policy } from '../world.ts';
import { runProgram, runTest, standIn } from './programs.ts';

const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const USER = { users: { 'order-service': { policies: [allow('*')] } } };

function startOrders(
  accounts: AwsOptions['accounts'] = { [OWN]: USER },
  apis: AwsOptions['apis'] = {},
): Promise<LocalAws> {
  return startLocalAws({
    clock: createRunningClock(),
    accounts,
    apis: {
      orders: {
        account: OWN,
        id: 'abc123',
        region: 'eu-west-1',
        routes: [
          {
            method: 'GET',
            path: '/{proxy+}',
            handler: ({ path, caller }) => ({ body: { path, by: caller?.arn } }),
          },
        ],
      },
      ...apis,
    },
  });
}

/** The verdicts on what a program sends to a service that the local AWS does not have. */
function standInFor(service: string, region: string): () => Promise<Verdict[]> {
  const verdicts: Promise<Verdict>[] = [];
  vi.stubEnv('AWS_ACCESS_KEY_ID', KEY.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEY.secretAccessKey);
  vi.stubGlobal('fetch', async (input: string, init: RequestInit) => {
    verdicts.push(
      verifySignature(new Request(input, init), {
        keys: (id) => (id === KEY.accessKeyId ? KEY : undefined),
        service,
        region,
      }),
    );
    return Response.json({});
  });
  return () => Promise.all(verdicts);
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe('EKS and ECS', () => {
  const PAGE = 'docs/guides/eks-and-ecs.md';
  interface Service {
    order: (id: string) => Promise<{ by: string }>;
  }

  test('the service calls with what it finds', async () => {
    await using aws = await startOrders();
    standIn(aws, aws.credentialsOf(CALLER));
    const { order } = await runProgram<Service>(PAGE, 'service.ts');
    expect(await order('7')).toEqual({ path: '/orders/7', by: CALLER });
  });

  test('the token of a service account is all that a pod needs', async () => {
    const provider = 'oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE';
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await using aws = await startOrders({
      [OWN]: {
        oidcProviders: {
          [provider]: {
            audiences: ['sts.amazonaws.com'],
            jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: '1' }] },
          },
        },
        roles: {
          pod: {
            trust: policy({
              Effect: 'Allow',
              Principal: { Federated: `arn:aws:iam::${OWN}:oidc-provider/${provider}` },
              Action: 'sts:AssumeRoleWithWebIdentity',
              Condition: {
                StringEquals: { [`${provider}:sub`]: 'system:serviceaccount:shop:orders' },
              },
            }),
            policies: [allow('execute-api:Invoke')],
          },
        },
      },
    });
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const seconds = Math.floor(Date.now() / 1000);
    const claims = {
      iss: `https://${provider}`,
      aud: 'sts.amazonaws.com',
      sub: 'system:serviceaccount:shop:orders',
      iat: seconds,
      exp: seconds + 3600,
    };
    const signed = `${part({ alg: 'RS256', kid: '1' })}.${part(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), privateKey).toString('base64url');
    const folder = mkdtempSync(join(tmpdir(), 'eks-'));
    writeFileSync(join(folder, 'token'), `${signed}.${signature}`);
    standIn(aws);
    vi.stubEnv('AWS_ROLE_ARN', `arn:aws:iam::${OWN}:role/pod`);
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(folder, 'token'));
    const { order } = await runProgram<Service>(PAGE, 'web-identity.ts');
    expect((await order('7')).by).toMatch(`arn:aws:sts::${OWN}:assumed-role/pod/`);
    rmSync(folder, { recursive: true });
  });
});

describe('in the browser', () => {
  const PAGE = 'docs/guides/browser.md';

  test('a page gets a session from the endpoint, and may do what the user may do', async () => {
    await using aws = await startOrders({
      [OWN]: {
        ...USER,
        roles: {
          page: {
            trust: policy({ Effect: 'Allow', Principal: { AWS: OWN }, Action: 'sts:AssumeRole' }),
            policies: [allow('execute-api:Invoke')],
          },
        },
      },
    });
    standIn(aws, aws.credentialsOf(CALLER));
    const vendor = await runProgram<{ sessionFor: (user: string) => Promise<object> }>(
      PAGE,
      'vendor.ts',
    );
    const send = globalThis.fetch;
    let asked = 0;
    vi.stubGlobal('fetch', async (input: string, init: RequestInit) => {
      if (input !== '/session') return send(input, init);
      asked += 1;
      return Response.json(await vendor.sessionFor('zoe'));
    });
    const { signedFetch } = await runProgram<{ signedFetch: typeof fetch }>(PAGE, 'page.ts');
    // The session policy names the account of the page and its API.
    const orders = 'https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders';
    expect((await signedFetch(`${orders}/zoe/7`)).status).toBe(200);
    expect((await signedFetch(`${orders}/max/7`)).status).toBe(403);
    expect(asked).toBe(1);
  });
});

describe('Cloudflare', () => {
  const PAGE = 'docs/guides/cloudflare.md';

  test('a worker calls an API with the keys of its secrets', async () => {
    const verdicts = standInFor('execute-api', 'eu-west-1');
    const { default: worker } = await runProgram<{
      default: { fetch: (request: Request, env: object) => Promise<Response> };
    }>(PAGE, 'worker.ts');
    const env = {
      AWS_ACCESS_KEY_ID: KEY.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
    };
    const response = await worker.fetch(new Request('https://worker.example.com/'), env);
    expect(response.status).toBe(200);
    expect(await verdicts()).toMatchObject([{ ok: true }]);
  });

  test('R2 takes what is sent to it', async () => {
    const verdicts = standInFor('s3', 'auto');
    const { r2, store } = await runProgram<{
      r2: (accessKeyId: string, secretAccessKey: string) => typeof fetch;
      store: (send: typeof fetch, account: string, photo: Blob) => Promise<void>;
    }>(PAGE, 'r2.ts');
    await store(r2(KEY.accessKeyId, KEY.secretAccessKey), 'abc', new Blob(['cat']));
    expect(await verdicts()).toMatchObject([{ ok: true }]);
  });
});

test('VPC Lattice takes what is sent to it', async () => {
  const verdicts = standInFor('vpc-lattice-svcs', 'eu-west-1');
  const { place } = await runProgram<{ place: (order: object) => Promise<unknown> }>(
    'docs/guides/vpc-lattice.md',
    'lattice.ts',
  );
  await place({ sku: 'hat' });
  expect(await verdicts()).toMatchObject([{ ok: true }]);
});

test('a WebSocket API lets the caller in', async () => {
  await using aws = await startOrders(undefined, {
    orders: {
      account: OWN,
      id: 'other',
      routes: [{ method: 'GET', path: '/', handler: () => ({}) }],
    },
    chat: {
      kind: 'websocket',
      account: OWN,
      id: 'abc123',
      region: 'eu-west-1',
      routes: [{ routeKey: '$connect' }, { routeKey: '$default', handler: ({ body }) => body }],
    },
  });
  standIn(aws, aws.credentialsOf(CALLER));
  const { connect } = await runProgram<{ connect: () => Promise<WebSocket> }>(
    'docs/guides/websocket.md',
    'chat.ts',
  );
  const socket = await connect();
  const answer = new Promise((resolve) => {
    socket.addEventListener('message', ({ data }) => resolve(data));
  });
  socket.send('hello');
  expect(await answer).toBe('hello');
  socket.close();
});

describe('several regions', () => {
  const PAGE = 'docs/guides/multi-region.md';

  test('each call is signed for the region that it goes to', async () => {
    await using aws = await startOrders(undefined, {
      there: {
        account: OWN,
        id: 'def456',
        region: 'us-east-1',
        routes: [{ method: 'GET', path: '/orders', handler: () => ({ body: 'there' }) }],
      },
    });
    standIn(aws, aws.credentialsOf(CALLER));
    const { orders } = await runProgram<{ orders: () => Promise<Response> }>(PAGE, 'regions.ts');
    expect((await orders()).status).toBe(200);
    aws.faults.next(1, { status: 500 }, { api: 'orders' });
    expect(await (await orders()).text()).toBe('there');
    expect(aws.requests.map(({ api, status }) => [api, status])).toEqual([
      ['orders', 200],
      ['orders', 500],
      ['there', 200],
    ]);
  });

  test.each(['eu-west-1', 'us-east-1'])('SigV4a is good in %s', async (region) => {
    const verdicts = standInFor('execute-api', region);
    const { signedFetch } = await runProgram<{ signedFetch: typeof fetch }>(PAGE, 'sigv4a.ts');
    await signedFetch('https://api.example.com/orders');
    expect(await verdicts()).toMatchObject([{ ok: true }]);
  });

  test('a multi-region access point takes what is sent to it', async () => {
    const verdicts = standInFor('s3', 'ap-southeast-2');
    const { read } = await runProgram<{ read: (key: string) => Promise<Response> }>(
      PAGE,
      'mrap.ts',
    );
    await read('a/b.txt');
    expect(await verdicts()).toMatchObject([{ ok: true }]);
  });
});

describe.each(['two-apis.test.ts', 'fetch.test.ts', 'axios.test.ts', 'ky.test.ts'])(
  '%s',
  async (program) => {
    await runTest('docs/guides/testing.md', program);
  },
);
