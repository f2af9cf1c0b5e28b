import { afterAll, beforeAll, expect, test } from 'vitest';

import type { FunctionUrlDefinition, LambdaEvent, LocalAws } from '@sigv4/testing';

import { CALLER, INTERN, OTHER, OWN, policy } from '../world.ts';
import { fetchAs, startWith } from './start.ts';

const events: LambdaEvent[] = [];
let aws: LocalAws;
beforeAll(async () => {
  const lambda = (event: LambdaEvent): string => {
    events.push(event);
    return 'done';
  };
  const share = (Principal: string): FunctionUrlDefinition['resourcePolicy'] =>
    policy({
      Effect: 'Allow',
      Principal: { AWS: Principal },
      Action: 'lambda:InvokeFunctionUrl',
      Resource: `arn:aws:lambda:eu-west-1:${OTHER}:function:report`,
    });
  aws = await startWith({
    report: { kind: 'function-url', account: OWN, id: 'url1', functionName: 'make-report', lambda },
    shared: {
      kind: 'function-url',
      account: OTHER,
      functionName: 'report',
      resourcePolicy: share(CALLER) as never,
      lambda,
    },
    unshared: { kind: 'function-url', account: OTHER, functionName: 'report', lambda },
    open: { kind: 'function-url', account: OWN, authorization: 'NONE', lambda },
    broken: {
      kind: 'function-url',
      account: OWN,
      lambda: () => {
        throw new Error('out of order');
      },
    },
  });
});
afterAll(() => aws.close());

function call(api: string, user = CALLER, more = {}): Promise<Response> {
  return fetchAs(aws, user, { service: 'lambda', ...more })(`${aws.apis[api]?.url}/a/b?x=1`);
}

test('is called with a signature for lambda', async () => {
  const response = await call('report');
  expect([response.status, await response.text()]).toEqual([200, 'done']);
  expect(events.at(-1)).toMatchObject({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/a/b',
    requestContext: {
      accountId: OWN,
      apiId: 'url1',
      domainName: 'url1.lambda-url.eu-west-1.on.aws',
      stage: '$default',
      requestId: response.headers.get('x-amzn-requestid'),
      authorizer: { iam: { userArn: CALLER } },
    },
  });
});

test('has no caller where it asks for no signature', async () => {
  expect((await fetch(aws.apis['open']?.url ?? '')).status).toBe(200);
  expect(events.at(-1)).toMatchObject({ requestContext: { accountId: 'anonymous' } });
  expect(events.at(-1)).not.toHaveProperty('requestContext.authorizer');
});

test.each<[string, () => Promise<Response>, string, RegExp]>([
  ['unsigned', () => fetch(aws.apis['report']?.url ?? ''), '{"Message":"Forbidden"}', /Missing/],
  [
    'not allowed',
    () => call('report', INTERN),
    '{"Message":"Forbidden"}',
    /lambda:InvokeFunctionUrl on resource: arn:aws:lambda:eu-west-1:\*{8}1111:function:make-report$/,
  ],
  [
    'across accounts, not shared',
    () => call('unshared'),
    '{"Message":"Forbidden"}',
    /not authorized/,
  ],
  [
    'signed for execute-api',
    () => call('report', CALLER, { service: 'execute-api' }),
    `{"message":"Credential should be scoped to correct service: 'lambda'. "}`,
    /correct service/,
  ],
])('%s', async (_name, send, body, why) => {
  const response = await send();
  expect([response.status, await response.text()]).toEqual([403, body]);
  expect(aws.requests.at(-1)).toMatchObject({
    service: 'lambda',
    refusal: expect.stringMatching(why),
  });
});

test('across accounts, shared', async () => {
  expect((await call('shared')).status).toBe(200);
  expect((await call('shared', INTERN)).status).toBe(403);
});

test('of a mismatch it tells no canonical request', async () => {
  const credentials = { ...aws.credentialsOf(CALLER), secretAccessKey: 'wrong' };
  const response = await call('report', CALLER, { credentials });
  expect(response.headers.get('x-amzn-errortype')).toBe('InvalidSignatureException');
  expect(await response.json()).toEqual({
    message: expect.stringMatching(/^The request signature we calculated .* for details\.$/),
  });
  expect(aws.requests.at(-1)?.refusal).toContain('Canonical String');
});

test('a function that throws is a 502', async () => {
  const response = await call('broken');
  expect([response.status, await response.text()]).toEqual([502, 'Internal Server Error']);
  expect(aws.requests.at(-1)?.failure).toBe('Error: out of order');
});
