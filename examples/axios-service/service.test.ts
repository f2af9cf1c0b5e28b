import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { startLocalAws, type LocalAws } from '@sigv4/testing';

let aws: LocalAws;
let service: ChildProcess | undefined;

beforeAll(async () => {
  const allow = { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' } as const;
  aws = await startLocalAws({
    accounts: {
      '111111111111': {
        users: {
          orders: { policies: [{ Version: '2012-10-17', Statement: allow }] },
          stranger: {},
        },
      },
    },
    apis: {
      inventory: {
        account: '111111111111',
        routes: [
          {
            method: 'GET',
            path: '/stock/{sku}',
            handler: ({ pathParameters }) => ({
              body: { sku: pathParameters['sku'], available: 3 },
            }),
          },
          {
            method: 'POST',
            path: '/reservations',
            handler: ({ body, caller }) => ({ body: { reservation: `${caller?.arn} ${body}` } }),
          },
        ],
      },
    },
  });
});
afterAll(() => aws.close());
afterEach(() => service?.kill());

/** Starts the service as its user would, and gives what it answers and what it logs. */
async function start(user: string): Promise<{ url: string; log: string[] }> {
  const { accessKeyId, secretAccessKey } = aws.credentialsOf(
    `arn:aws:iam::111111111111:user/${user}`,
  );
  service = spawn(process.execPath, ['src/main.ts'], {
    cwd: import.meta.dirname,
    env: {
      ...process.env,
      INVENTORY_URL: aws.apiUrl,
      AWS_REGION: aws.region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    },
  });
  const log: string[] = [];
  service.stderr?.on('data', (chunk) => log.push(String(chunk)));
  if (!service.stdout) throw new Error('no output');
  const [line] = (await once(service.stdout, 'data')) as [Buffer];
  return { url: `http://127.0.0.1:${line.toString().match(/\d+/)?.[0]}/orders`, log };
}

test('orders through the inventory service, signed with the credentials of the environment', async () => {
  const { url } = await start('orders');
  const response = await fetch(`${url}?sku=blue shoe/ü&count=2`, { method: 'POST' });
  expect(response.status).toBe(201);
  expect(await response.json()).toEqual({
    reservation: 'arn:aws:iam::111111111111:user/orders {"sku":"blue shoe/ü","count":2}',
  });
  expect((await fetch(`${url}?sku=hat&count=4`, { method: 'POST' })).status).toBe(409);
});

test('logs why it was refused', async () => {
  const { url, log } = await start('stranger');
  expect((await fetch(`${url}?sku=hat`, { method: 'POST' })).status).toBe(502);
  expect(log.join('')).toMatch(
    /reason: 'denied'[\s\S]*user\/stranger is not authorized to perform: execute-api:Invoke/,
  );
});
