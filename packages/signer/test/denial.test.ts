import { expect, test } from 'vitest';

import { explainRejection } from '@sigv4/signer';

import { answer } from './fixtures.ts';

const CALLER = 'arn:aws:sts::111111111111:assumed-role/orders/session';
const API = 'arn:aws:execute-api:eu-west-1:********2222:abc123/prod/GET/orders';

// The forms in which IAM tells which policy it was:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
test.each<[string, string | undefined, RegExp]>([
  [
    ' because no identity-based policy allows the execute-api:Invoke action',
    'identity-based policy',
    /What is missing is on the caller's side: in account 111111111111 a policy of the caller/,
  ],
  [
    ' because no resource-based policy allows the execute-api:Invoke action',
    'resource-based policy',
    /on the other side: in the account that ends in 2222 the API's resource policy/,
  ],
  [
    ' because no session policy allows the execute-api:Invoke action',
    'session policy',
    /an Allow in the session policy/,
  ],
  [
    ' with an explicit deny in a service control policy',
    'service control policy',
    /A Deny in a service control policy says no/,
  ],
  [
    ' with an explicit deny in an identity-based policy',
    'identity-based policy',
    /A Deny in an identity-based policy says no/,
  ],
])('a denial%s', async (because, policy, words) => {
  const message = `User: ${CALLER} is not authorized to perform: execute-api:Invoke on resource: ${API}${because}`;
  const rejection = await explainRejection(answer(403, message));
  expect(rejection?.denial).toEqual({
    caller: CALLER,
    action: 'execute-api:Invoke',
    resource: API,
    explicit: because.includes('explicit'),
    policy,
    crossAccount: true,
  });
  expect(rejection?.explanation).toMatch(words);
});

test('a call that AWS took for an unsigned one is explained', async () => {
  const message = `User: anonymous is not authorized to perform: execute-api:Invoke on resource: ${API}`;
  const rejection = await explainRejection(answer(403, message));
  expect(rejection?.denial).toMatchObject({ caller: 'anonymous', crossAccount: undefined });
  expect(rejection?.explanation).toMatch(/the method's authorization is not AWS_IAM/);
});

test('a denial of S3, whose ARNs tell no account, is explained', async () => {
  const message = `User: ${CALLER} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::bucket/key" because no identity-based policy allows the s3:GetObject action`;
  const body = `<Error><Code>AccessDenied</Code><Message>${message.replaceAll('"', '&quot;')}</Message></Error>`;
  const response = new Response(body, {
    status: 403,
    headers: { 'content-type': 'application/xml' },
  });
  expect(await explainRejection(response)).toMatchObject({
    reason: 'denied',
    denial: { resource: 'arn:aws:s3:::bucket/key', crossAccount: undefined },
  });
});

test('a message that would keep a regular expression busy is read at once', async () => {
  const texts = [
    ' '.repeat(60_000),
    'User: '.repeat(10_000),
    '\n'.repeat(60_000),
    "'".repeat(60_000),
  ];
  for (const text of texts) {
    const start = process.cpuUsage();
    await explainRejection(answer(403, text));
    await explainRejection(new Response(text, { status: 403 }));
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(1000);
  }
});
