import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, inject, test } from 'vitest';

import { startLocalAws, type LocalAws, type Route } from '@sigv4/testing';

import { makeConsumer } from './packed.ts';

const run = promisify(execFile);
const TSC = join(import.meta.dirname, '../toolchains/types/node_modules/typescript-5.9/bin/tsc');
const [OWN, PARTNER] = ['111111111111', '222222222222'];
const SERVICE = `arn:aws:iam::${OWN}:user/service`;

function routes(authorization: 'AWS_IAM' | 'NONE'): readonly Route[] {
  const answers = { '/echo': 200, '/gone': 410, '/no': 403 };
  return Object.entries(answers).map(([path, status]) => ({
    method: 'GET',
    path,
    authorization,
    handler: () => ({ status, body: { path } }),
  }));
}

let aws: LocalAws;
let folder: string;
beforeAll(async () => {
  const Statement = { Effect: 'Allow', Action: '*', Resource: '*' } as const;
  const allow = { Version: '2012-10-17', Statement } as const;
  const trusted = { Effect: 'Allow', Principal: { AWS: OWN }, Action: 'sts:AssumeRole' } as const;
  aws = await startLocalAws({
    region: 'eu-west-1',
    accounts: {
      [OWN]: { users: { service: { policies: [allow] } } },
      [PARTNER]: {
        roles: { invoke: { trust: { ...allow, Statement: trusted }, policies: [allow] } },
      },
    },
    apis: {
      signed: { account: PARTNER, routes: routes('AWS_IAM') },
      unsigned: { account: PARTNER, routes: routes('NONE') },
    },
  });
  folder = await makeConsumer(inject('packed'), {
    files: 'nest',
    type: 'commonjs',
    toolchains: ['nest'],
  });
});
afterAll(async () => {
  await aws.close();
  await rm(folder, { recursive: true });
});

test('a Nest service sees of signed calls what it sees of unsigned ones', async () => {
  const { accessKeyId, secretAccessKey } = aws.credentialsOf(SERVICE);
  const env = {
    PATH: process.env['PATH'],
    AWS_REGION: aws.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL_STS: aws.stsUrl,
    ROLE_ARN: `arn:aws:iam::${PARTNER}:role/invoke`,
    SIGNED_URL: aws.apis['signed']?.url,
    UNSIGNED_URL: aws.apis['unsigned']?.url,
  };
  const compiled = run(process.execPath, [TSC, '-p', 'tsconfig.build.json'], { cwd: folder, env });
  expect(await compiled.catch((failed: { stdout: string }) => failed)).toMatchObject({
    stdout: '',
  });
  const { stdout } = await run(
    process.execPath,
    ['--no-experimental-require-module', 'dist/main.js'],
    { cwd: folder, env },
  );
  const { unsigned, signed } = JSON.parse(stdout) as Record<string, unknown[]>;
  expect(signed?.slice(0, 3)).toEqual([
    ['echo', 200, { path: '/echo' }],
    ['gone', 502, { upstream: 410 }],
    ['no', 502, { upstream: 403 }],
  ]);
  expect(signed).toEqual(unsigned);
});
