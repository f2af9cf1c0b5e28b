import { describe, expect, test, vi } from 'vitest';

import { createRunningClock, startLocalAws, verifySignature } from '@sigv4/testing';

import { allow, CALLER, OTHER, OWN, policy } from '../world.ts';
import { blocksOf, pagesOfDocs } from './pages.ts';
import { runProgram, standIn } from './programs.ts';

const PAGES = (await pagesOfDocs()).filter((page) => page.startsWith('docs/migrate/'));

describe.each(PAGES)('%s', (page) => {
  const programs = blocksOf(page)
    .map(({ name = '' }) => name)
    .filter((name) => /^(?:before|after|sign)\.ts$/.test(name));

  test('has a program before and after', () => {
    expect(programs).toEqual(expect.arrayContaining(['before.ts', 'after.ts']));
  });

  test.each(programs)('%s places the order', async (program) => {
    await using aws = await startLocalAws({
      clock: createRunningClock(),
      accounts: {
        [OWN]: { users: { 'order-service': { policies: [allow('*')] } } },
        [OTHER]: {
          roles: {
            'orders-invoke': {
              trust: policy({ Effect: 'Allow', Principal: { AWS: OWN }, Action: 'sts:AssumeRole' }),
              policies: [allow('execute-api:Invoke')],
            },
          },
        },
      },
      apis: {
        orders: {
          account: page.includes('axios') ? OTHER : OWN,
          id: 'abc123',
          region: 'eu-west-1',
          routes: [
            {
              method: 'POST',
              path: '/orders',
              handler: ({ body, caller }) => ({
                body: { ...JSON.parse(body), by: caller?.account },
              }),
            },
          ],
        },
      },
    });
    standIn(aws, aws.credentialsOf(CALLER));
    const { call } = await runProgram<{ call: () => Promise<unknown> }>(page, program);
    expect(await call()).toEqual({ sku: 'hat', by: page.includes('axios') ? OTHER : OWN });
    expect(aws.requests.at(-1)?.verdict).toBe('allowed');
  });
});

test.each(['links-before.ts', 'links-after.ts'])('%s makes a link for an hour', async (program) => {
  const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  vi.stubEnv('AWS_ACCESS_KEY_ID', key.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', key.secretAccessKey);
  const { link } = await runProgram<{ link: () => Promise<string> }>(
    'docs/migrate/aws4fetch.md',
    program,
  );
  const url = await link();
  const judge = (later: number) =>
    verifySignature(new Request(url), {
      keys: () => key,
      service: 's3',
      region: 'eu-west-1',
      now: () => Date.now() + later * 1000,
    });
  expect(await judge(3590)).toMatchObject({ ok: true });
  expect(await judge(3610)).toMatchObject({ ok: false });
});
