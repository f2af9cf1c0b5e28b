import { afterEach, expect, test, vi } from 'vitest';

import type { LocalAws, PolicyDocument } from '@sigv4/testing';

import { environmentOf, OWN, PARTNER, POLICIES, startAccounts, type Policies } from './accounts.ts';
import type * as Handler from './src/handler.ts';

/** Sets up what Lambda sets up, and loads the function. */
async function coldStart(aws: LocalAws, externalId?: string): Promise<typeof Handler> {
  const environment = await environmentOf(aws, externalId);
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.resetModules();
  return import('./src/handler.ts');
}

afterEach(() => vi.unstubAllEnvs());

test('calls the API of the other account, on one session for all calls', async () => {
  await using aws = await startAccounts(POLICIES);
  const { handler } = await coldStart(aws);
  expect(await handler({ sku: 'blue shoe/ü' })).toEqual({ sku: 'blue shoe/ü', available: 3 });
  await Promise.all(['a', 'b', 'c'].map((sku) => handler({ sku })));
  const ofFunction = aws.requests.filter(
    ({ callerArn }) => callerArn === `arn:aws:sts::${OWN}:assumed-role/order-function/cold-start`,
  );
  expect(ofFunction.map(({ action }) => action)).toEqual(['AssumeRole']);
  expect(aws.requests.at(-1)?.callerArn).toBe(
    `arn:aws:sts::${PARTNER}:assumed-role/stock-invoke/order-function`,
  );
});

const none: PolicyDocument = { Version: '2012-10-17', Statement: [] };
const denyAll: PolicyDocument = {
  Version: '2012-10-17',
  Statement: { Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' },
};

test.each<[string, Partial<Policies>, RegExp]>([
  [
    "the function's role",
    { function: none },
    /AccessDenied: User: .*order-function.* is not authorized to perform: sts:AssumeRole/,
  ],
  ["the partner's trust", { trust: none }, /AccessDenied: .*sts:AssumeRole/],
  [
    "the partner's role and API",
    { role: none, api: none },
    /answered 403: .*stock-invoke\/order-function is not authorized to perform: execute-api:Invoke/,
  ],
  ["the partner's API", { api: denyAll }, /with an explicit deny/],
])(
  'with nothing, or a Deny, in the policies of %s the call fails and says so',
  async (_name, change, message) => {
    await using aws = await startAccounts({ ...POLICIES, ...change });
    const { handler } = await coldStart(aws);
    await expect(handler({ sku: 'hat' })).rejects.toThrow(message);
  },
);

test('with another external id the role cannot be assumed', async () => {
  await using aws = await startAccounts(POLICIES);
  const { handler } = await coldStart(aws, 'guessed');
  await expect(handler({ sku: 'hat' })).rejects.toThrow(/AccessDenied/);
});
