import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { FunctionUrlDefinition, LambdaEvent, LocalAws, PolicyStatement } from '@sigv4/testing';

import { CALLER, INTERN, OTHER, OWN, policy } from '../world.ts';
import { fetchAs, startWith } from './start.ts';

/** The two statements that AWS's console writes for a function URL that is open to the public. */
const PUBLIC: PolicyStatement[] = [
  {
    Sid: 'FunctionURLAllowPublicAccess',
    Effect: 'Allow',
    Principal: '*',
    Action: 'lambda:InvokeFunctionUrl',
    Resource: '*',
    Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } },
  },
  {
    Sid: 'FunctionURLAllowInvokeAction',
    Effect: 'Allow',
    Principal: '*',
    Action: 'lambda:InvokeFunction',
    Resource: '*',
    Condition: { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } },
  },
];
const FORBIDDEN =
  '{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}';

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
      Action: ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'],
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
    open: {
      kind: 'function-url',
      account: OWN,
      authorization: 'NONE',
      resourcePolicy: policy(...PUBLIC),
      lambda,
    },
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
  ['unsigned', () => fetch(aws.apis['report']?.url ?? ''), FORBIDDEN, /Missing/],
  [
    'not allowed',
    () => call('report', INTERN),
    FORBIDDEN,
    /lambda:InvokeFunctionUrl on resource: arn:aws:lambda:eu-west-1:\*{8}1111:function:make-report$/,
  ],
  ['across accounts, not shared', () => call('unshared'), FORBIDDEN, /not authorized/],
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

describe('both permissions are needed', () => {
  const url = (more: Partial<FunctionUrlDefinition>): FunctionUrlDefinition => ({
    kind: 'function-url',
    account: OWN,
    lambda: () => 'done',
    ...more,
  });
  const [byUrl, invoke] = PUBLIC as [PolicyStatement, PolicyStatement];

  test.each<[string, PolicyStatement[], number, RegExp?]>([
    ['no policy', [], 403, /lambda:InvokeFunctionUrl/],
    ['the first', [byUrl], 403, /lambda:InvokeFunction on/],
    ['the second', [invoke], 403, /lambda:InvokeFunctionUrl on/],
    ['both', [byUrl, invoke], 200],
    [
      'both, for another kind of authorization',
      [
        { ...byUrl, Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } } },
        invoke,
      ],
      403,
      /lambda:InvokeFunctionUrl on/,
    ],
    [
      'both, for direct calls only',
      [byUrl, { ...invoke, Condition: { Bool: { 'lambda:InvokedViaFunctionUrl': 'false' } } }],
      403,
      /lambda:InvokeFunction on/,
    ],
  ])('of everyone, where it asks for no signature: %s', async (_name, statements, status, why) => {
    await using local = await startWith({
      open: url({ authorization: 'NONE', resourcePolicy: policy(...statements) }),
    });
    const response = await fetch(local.apis.open.url);
    expect(response.status).toBe(status);
    expect(local.requests[0]?.refusal ?? '').toMatch(why ?? /^$/);
    expect(await response.text()).toBe(status === 200 ? 'done' : FORBIDDEN);
  });

  test.each<[string[], number]>([
    [['lambda:InvokeFunctionUrl'], 403],
    [['lambda:InvokeFunction'], 403],
    [['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'], 200],
    [['lambda:Invoke*'], 200],
  ])('of a caller: %j', async (Action, status) => {
    await using local = await startWith(
      { report: url({}) },
      {
        accounts: {
          [OWN]: {
            users: {
              'order-service': { policies: [policy({ Effect: 'Allow', Action, Resource: '*' })] },
            },
          },
        },
      },
    );
    const response = await fetchAs(local, CALLER, { service: 'lambda' })(local.apis.report.url);
    expect(response.status).toBe(status);
  });
});
