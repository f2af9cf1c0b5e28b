import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test, vi } from 'vitest';

import { assumeRole } from '@sigv4/credentials';
import { createRunningClock, startLocalAws, type PolicyDocument } from '@sigv4/testing';

import { allow, policy } from '../world.ts';
import { blockOf, flat, sectionOf } from './pages.ts';
import { runProgram, standIn } from './programs.ts';

const PAGE = 'docs/cross-account.md';
const EXAMPLE = join(import.meta.dirname, '../../examples/lambda-cross-account/policies');
const OWN = '111111111111';
const PARTNER = '222222222222';

/** By the number that the page gives them. */
type Policies = Readonly<Record<1 | 2 | 3 | 4, PolicyDocument>>;

const NAMES = [
  '1-function-role-policy',
  '2-partner-role-trust-policy',
  '3-partner-role-policy',
  '4-partner-api-resource-policy',
] as const;

const [first, second, third, fourth] = NAMES.map(
  (name) => JSON.parse(blockOf(PAGE, name).code) as PolicyDocument,
) as [PolicyDocument, PolicyDocument, PolicyDocument, PolicyDocument];
const POLICIES: Policies = { 1: first, 2: second, 3: third, 4: fourth };

const REFUSED_BY_STS = '### Policy 1 or 2 is missing, or the external id is another one';
const REFUSED_BY_API = '### Policies 3 and 4 are both missing';

const NONE = policy();
const DENY = policy({ Effect: 'Deny', Action: '*', Resource: '*' });
const DENY_ALL = policy({ Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' });

test.each(NAMES)('the example and the page have the same policy %s', (name) => {
  expect(JSON.parse(blockOf(PAGE, name).code)).toEqual(
    JSON.parse(readFileSync(join(EXAMPLE, `${name}.json`), 'utf8')),
  );
});

interface Called {
  readonly policies?: Partial<Policies>;
  readonly kind?: 'rest' | 'http';
}

/** What the page's function gives in these accounts, or the error that its log shows. */
async function call({ policies, kind = 'rest' }: Called = {}): Promise<string> {
  const having = { ...POLICIES, ...policies };
  const lambda = `arn:aws:iam::${OWN}:user/lambda`;
  const handler = ({ pathParameters }: { pathParameters: object }) => ({ body: pathParameters });
  const api = { id: 'abc123def4', account: PARTNER, region: 'eu-west-1' };
  await using aws = await startLocalAws({
    clock: createRunningClock(),
    accounts: {
      [OWN]: {
        users: { lambda: { policies: [allow('*')] } },
        roles: {
          'order-function': {
            trust: policy({ Effect: 'Allow', Principal: { AWS: OWN }, Action: 'sts:AssumeRole' }),
            policies: [having[1]],
          },
        },
      },
      [PARTNER]: { roles: { 'stock-invoke': { trust: having[2], policies: [having[3]] } } },
    },
    apis: {
      stock:
        kind === 'rest'
          ? {
              ...api,
              resourcePolicy: having[4],
              routes: [{ method: 'GET', path: '/stock/{sku}', handler }],
            }
          : {
              ...api,
              kind,
              stages: ['prod'],
              routes: [{ routeKey: 'GET /stock/{sku}', handler }],
            },
    },
  });
  // Lambda itself, as far as IAM goes: it assumes the function's role.
  const session = await assumeRole({
    roleArn: `arn:aws:iam::${OWN}:role/order-function`,
    roleSessionName: 'order-function',
    source: aws.credentialsOf(lambda),
    endpoint: aws.stsUrl,
    region: aws.region,
  })();
  standIn(aws, session);
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'order-function');
  const program = await runProgram<{ handler: (event: object) => Promise<unknown> }>(
    PAGE,
    'handler.ts',
  );
  try {
    return JSON.stringify(await program.handler({ sku: 'hat' }));
  } catch (error) {
    return String(error);
  }
}

const NUMBERS = [1, 2, 3, 4] as const;

/** Every choice of policies, and what the function then sees: its answer, or a section of the page. */
const CHOICES = Array.from({ length: 16 }, (_, bits) => {
  const present = NUMBERS.filter((number) => bits & (1 << (number - 1)));
  const [has1, has2, has3, has4] = NUMBERS.map((number) => present.includes(number));
  if (!has1 || !has2) return [present, REFUSED_BY_STS] as const;
  return [present, has3 || has4 ? undefined : REFUSED_BY_API] as const;
});

test.each(CHOICES)('with the policies %j the function sees %j', async (present, heading) => {
  const missing = NUMBERS.filter((number) => !present.includes(number));
  const policies = Object.fromEntries(missing.map((number) => [number, NONE]));
  const shown = heading === undefined ? '{"sku":"hat"}' : flat(sectionOf(PAGE, heading));
  expect(shown).toContain(await call({ policies }));
});

test('with another external id the function sees what the page shows', async () => {
  const text = blockOf(PAGE, '2-partner-role-trust-policy').code;
  const other = JSON.parse(text.replace('orders-2f6c', 'another')) as PolicyDocument;
  const seen = await call({ policies: { 2: other } });
  expect(flat(sectionOf(PAGE, REFUSED_BY_STS))).toContain(seen);
});

test.each<Partial<Policies>>([{ 3: DENY }, { 4: DENY_ALL }])(
  'a Deny outweighs every Allow, and the page shows it: %j',
  async (policies) => {
    const seen = await call({ policies });
    expect(flat(sectionOf(PAGE, '### Policy 3 or 4 denies the call'))).toContain(seen);
  },
);

test('an HTTP API does not say what is missing', async () => {
  expect(await call({ kind: 'http' })).toBe('{"sku":"hat"}');
  expect(await call({ kind: 'http', policies: { 3: NONE } })).toContain('403');
});
