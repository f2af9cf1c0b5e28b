import { expect, test, vi } from 'vitest';

import { createSignedFetch, explain } from '@sigv4/fetch';
import { createRunningClock, startLocalAws } from '@sigv4/testing';

import { rewriteTarget, startTamperingProxy } from '../refusals/tampering-proxy.ts';
import { allow, CALLER, OWN } from '../world.ts';
import { blockOf, flat, textOf } from './pages.ts';
import { runProgram, standIn } from './programs.ts';

const start = () =>
  startLocalAws({
    clock: createRunningClock(),
    accounts: { [OWN]: { users: { 'order-service': { policies: [allow('*')] } } } },
    apis: {
      orders: {
        account: OWN,
        id: 'abc123',
        region: 'eu-west-1',
        routes: [{ method: 'GET', path: '/{proxy+}', handler: () => ({ body: [] }) }],
      },
    },
  });

test.each(['axios.ts', 'fetch.ts', 'ky.ts'])('%s calls the API', async (program) => {
  await using aws = await start();
  standIn(aws, aws.credentialsOf(CALLER));
  await runProgram('README.md', program);
  expect(aws.requests.map(({ verdict, callerArn }) => [verdict, callerArn])).toEqual([
    ['allowed', CALLER],
  ]);
});

test('the refusal is explained as the README shows it', async () => {
  await using aws = await start();
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  const proxy = await startTamperingProxy(
    new URL(aws.apiUrl).origin,
    rewriteTarget((target) => target.replaceAll('%2F', '/')),
  );
  const signedFetch = createSignedFetch({
    credentials: aws.credentialsOf(CALLER),
    region: 'eu-west-1',
  });
  const response = await signedFetch(`${proxy.origin}/prod/orders/a%2Fb`);
  expect(explain(response)?.explanation).toBe(flat(blockOf('README.md', 'explained').code));
  await proxy.close();
});

test('the README is short', () => {
  const words = textOf('README.md').match(/[\p{L}\d][^\s]*/gu) ?? [];
  expect(words.length).toBeLessThan(500);
});
