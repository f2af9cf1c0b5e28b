import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { assumeRole } from '@sigv4/credentials';
import { createSignedFetch, explain } from '@sigv4/fetch';
import {
  explainRejection,
  type Credentials,
  type RejectionReason,
  type SignerOptions,
} from '@sigv4/signer';
import { startLocalAws, type LocalAws, type RawRequest } from '@sigv4/testing';

import { rewriteHeader, rewriteTarget, startTamperingProxy } from '../refusals/tampering-proxy.ts';
import { allow, CALLER, INTERN, OWN, policy } from '../world.ts';
import { flat, sectionOf, textOf } from './pages.ts';

const PAGE = 'docs/403.md';

/** Every reason: a new one fails to compile until it has a section. */
const REASONS = Object.keys({
  'clock-skew': 1,
  'token-expired': 1,
  'token-invalid': 1,
  'signature-mismatch': 1,
  'wrong-scope': 1,
  'not-signed': 1,
  incomplete: 1,
  denied: 1,
  forbidden: 1,
} satisfies Record<RejectionReason, 1>) as RejectionReason[];

/** What AWS says, as the page's section has it; `…` stands for what differs from case to case. */
function wordsOf(reason: RejectionReason): string[] {
  const [, block = ''] =
    /^```text AWS says\n(.*?)^```$/ms.exec(sectionOf(PAGE, `## \`${reason}\``)) ?? [];
  return block.trim().split('\n');
}

function matches(line: string, said: string): boolean {
  let rest = flat(said);
  return line.split('…').every((part) => {
    const at = rest.indexOf(flat(part));
    rest = rest.slice(at + flat(part).length);
    return at !== -1;
  });
}

let aws: LocalAws;
beforeAll(async () => {
  const handler = () => ({ body: {} });
  const routes = [
    { method: 'GET', path: '/orders/{id}', handler },
    { method: 'GET', path: '/limited', apiKeyRequired: true, handler },
  ];
  aws = await startLocalAws({
    accounts: {
      [OWN]: {
        users: { 'order-service': { policies: [allow('*')] }, intern: {}, visitor: {} },
        roles: {
          clerk: {
            trust: policy({ Effect: 'Allow', Principal: { AWS: OWN }, Action: 'sts:AssumeRole' }),
            policies: [allow('*')],
          },
        },
      },
    },
    apis: {
      rest: {
        account: OWN,
        routes,
        apiKeys: ['key'],
        resourcePolicy: policy({
          Effect: 'Deny',
          Principal: { AWS: `arn:aws:iam::${OWN}:user/visitor` },
          Action: 'execute-api:Invoke',
          Resource: '*',
        }),
      },
      http: { kind: 'http', account: OWN, routes: [{ routeKey: 'GET /orders/{id}', handler }] },
      url: { kind: 'function-url', account: OWN, handler },
    },
  });
});
afterAll(() => aws.close());

interface Cause {
  readonly options?: () => Partial<SignerOptions> | Promise<Partial<SignerOptions>>;
  readonly path?: string;
  readonly api?: 'rest' | 'http' | 'url';
  readonly unsigned?: boolean;
  readonly tamper?: (request: RawRequest) => Partial<RawRequest>;
}

function session(): Promise<Credentials> {
  return assumeRole({
    roleArn: `arn:aws:iam::${OWN}:role/clerk`,
    durationSeconds: 900,
    source: aws.credentialsOf(CALLER),
    endpoint: aws.stsUrl,
    region: aws.region,
    now: aws.clock.now,
  })();
}
function credentials(change: { accessKeyId?: string; secretAccessKey?: string }) {
  const { accessKeyId, secretAccessKey } = aws.credentialsOf(CALLER);
  return { credentials: { accessKeyId, secretAccessKey, ...change } };
}

/** What goes wrong → the reason whose section has AWS's words for it. */
const CAUSES: Readonly<Record<string, readonly [RejectionReason, Cause]>> = {
  'a clock that is slow': [
    'clock-skew',
    { options: () => ({ now: () => aws.clock.now() - 600_000 }) },
  ],
  'a clock that is fast': [
    'clock-skew',
    { options: () => ({ now: () => aws.clock.now() + 600_000 }) },
  ],
  'a session that has ended': [
    'token-expired',
    {
      options: async () => {
        const { accessKeyId, secretAccessKey, sessionToken = '' } = await session();
        aws.clock.advance('20m');
        return { credentials: { accessKeyId, secretAccessKey, sessionToken } };
      },
    },
  ],
  'an unknown key': [
    'token-invalid',
    { options: () => credentials({ accessKeyId: 'AKIAUNKNOWN' }) },
  ],
  'a missing session token': [
    'token-invalid',
    {
      options: async () => {
        const { accessKeyId, secretAccessKey } = await session();
        return { credentials: { accessKeyId, secretAccessKey } };
      },
    },
  ],
  'a wrong secret': [
    'signature-mismatch',
    { options: () => credentials({ secretAccessKey: 'x' }) },
  ],
  'a parameter that is added': [
    'signature-mismatch',
    { tamper: rewriteTarget((target) => `${target}?utm_source=mail`) },
  ],
  'a header of AWS that was added': [
    'signature-mismatch',
    {
      tamper: ({ rawHeaders }) => ({
        rawHeaders: [...rawHeaders, ['x-amz-meta-added', '1'] as const],
      }),
    },
  ],
  'another region': ['wrong-scope', { options: () => ({ region: 'us-east-1' }) }],
  'another service': ['wrong-scope', { options: () => ({ service: 'lambda' }) }],
  'no signature': ['not-signed', { unsigned: true }],
  'no such route': ['not-signed', { path: '/nothing' }],
  'another Authorization header': [
    'incomplete',
    { tamper: rewriteHeader('authorization', () => 'AWS4-HMAC-SHA256 cut') },
  ],
  'a caller without a policy': [
    'denied',
    { options: () => ({ credentials: aws.credentialsOf(INTERN) }) },
  ],
  'a caller whom a policy denies': [
    'denied',
    { options: () => ({ credentials: aws.credentialsOf(`arn:aws:iam::${OWN}:user/visitor`) }) },
  ],
  'an API key that is missing': ['forbidden', { path: '/limited' }],
  'a denial by an HTTP API': [
    'forbidden',
    { api: 'http', options: () => ({ credentials: aws.credentialsOf(INTERN) }) },
  ],
  'a wrong secret at an HTTP API': [
    'forbidden',
    { api: 'http', options: () => credentials({ secretAccessKey: 'x' }) },
  ],
  'no signature at a function URL': ['denied', { api: 'url', unsigned: true }],
};

describe.each(Object.entries(CAUSES))('%s', (_name, [reason, cause]) => {
  test(`is told as ${reason}, in words that the page has`, async () => {
    const { options, path = '/orders/7', api = 'rest', unsigned, tamper = () => ({}) } = cause;
    const url = new URL(aws.apis[api]?.url ?? '');
    const proxy = await startTamperingProxy(url.origin, tamper);
    try {
      const signedFetch = createSignedFetch({
        credentials: aws.credentialsOf(CALLER),
        region: aws.region,
        service: api === 'url' ? 'lambda' : 'execute-api',
        now: aws.clock.now,
        retryRejected: false,
        ...(await options?.()),
      });
      const target = `${proxy.origin}${url.pathname.replace(/\/$/, '')}${path}`;
      const response = await (unsigned ? fetch(target) : signedFetch(target));
      const rejection = unsigned ? await explainRejection(response) : explain(response);
      expect(response.status).toBe(403);
      expect(rejection?.reason).toBe(reason);
      const { message, Message } = (await response.json()) as Record<string, string>;
      const type = response.headers.get('x-amzn-errortype')?.split(':')[0];
      const said = `${type}: ${message ?? Message}`;
      expect(wordsOf(reason)).toContainEqual(expect.toSatisfy((line) => matches(line, said)));
    } finally {
      await proxy.close();
    }
  });
});

test.each(REASONS.flatMap((reason) => wordsOf(reason).map((line) => [reason, line] as const)))(
  '%s is what an answer means that says: %s',
  async (reason, line) => {
    const [, type, said = line] = /^(\w+): (.+)$/.exec(line) ?? [];
    const answer = Response.json(
      { message: said },
      { status: 403, headers: type === undefined ? {} : { 'x-amzn-errortype': type } },
    );
    expect((await explainRejection(answer))?.reason).toBe(reason);
  },
);

test('the table at the top has each reason', () => {
  const top = textOf(PAGE).split('\n## ')[0] ?? '';
  for (const reason of REASONS) expect(top).toContain(`[\`${reason}\`](#${reason})`);
});
