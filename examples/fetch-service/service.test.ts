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
        users: { basket: { policies: [{ Version: '2012-10-17', Statement: allow }] } },
      },
    },
    apis: {
      pricing: {
        account: '111111111111',
        routes: [
          {
            method: 'GET',
            path: '/quotes',
            handler: ({ query }) => ({
              body: query.getAll('sku').map((sku) => ({ sku, cents: sku.length * 100 })),
            }),
          },
        ],
      },
    },
  });
});
afterAll(() => aws.close());
afterEach(() => service?.kill());

async function start(secretAccessKey: string): Promise<string> {
  const { accessKeyId } = aws.credentialsOf('arn:aws:iam::111111111111:user/basket');
  service = spawn(process.execPath, ['src/main.ts'], {
    cwd: import.meta.dirname,
    env: {
      ...process.env,
      PRICING_URL: aws.apiUrl,
      AWS_REGION: aws.region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (!service.stdout) throw new Error('no output');
  const [line] = (await once(service.stdout, 'data')) as [Buffer];
  return `http://127.0.0.1:${line.toString().match(/\d+/)?.[0]}/total`;
}

test('asks the pricing service, signed with the credentials of the environment', async () => {
  const { secretAccessKey } = aws.credentialsOf('arn:aws:iam::111111111111:user/basket');
  const response = await fetch(`${await start(secretAccessKey)}?sku=blue shoe&sku=hät`);
  expect(await response.json()).toEqual({ cents: 1200 });
});

test('is refused with a wrong secret', async () => {
  expect((await fetch(`${await start('wrong')}?sku=hat`)).status).toBe(502);
  expect(aws.requests.at(-1)?.refusal).toMatch(/signature we calculated does not match/);
});
