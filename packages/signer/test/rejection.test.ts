import { expect, test } from 'vitest';

import { explainRejection, type RejectionReason } from '@sigv4/signer';

import { answer, API, SESSION, testSigner } from './fixtures.ts';

const INVALID = { 'x-amzn-errortype': 'InvalidSignatureException' };

test.each<[RejectionReason, number, string, Record<string, string>]>([
  [
    'clock-skew',
    403,
    'Signature expired: 20260102T030405Z is now earlier than … (… - 5 min.)',
    INVALID,
  ],
  ['clock-skew', 403, 'Signature not yet current: 20260102T030405Z is still later than …', INVALID],
  ['wrong-scope', 403, "Credential should be scoped to a valid region, not 'us-east-1'. ", INVALID],
  ['signature-mismatch', 403, 'The request signature we calculated does not match …', INVALID],
  [
    'signature-mismatch',
    403,
    '',
    { 'x-amzn-errortype': 'InvalidSignatureException:http://internal.amazon.com/' },
  ],
  ['token-expired', 403, 'The security token included in the request is expired', {}],
  ['token-expired', 400, 'x', { 'x-amzn-errortype': 'ExpiredTokenException' }],
  ['token-invalid', 403, 'The security token included in the request is invalid.', {}],
  ['not-signed', 403, 'Missing Authentication Token', {}],
  ['incomplete', 403, '', { 'x-amzn-errortype': 'IncompleteSignatureException' }],
  [
    'denied',
    403,
    'User: arn:aws:iam::1:user/a is not authorized to perform: execute-api:Invoke on …',
    {},
  ],
  ['forbidden', 403, 'Forbidden', {}],
  ['forbidden', 401, '', {}],
])('%s, of a %i %j', async (reason, status, message, headers) => {
  const response = answer(status, message, headers);
  const rejection = await explainRejection(response);
  expect(rejection).toMatchObject({ reason, status });
  expect(rejection?.explanation).toMatch(/\w{3,}.*\.$/);
  expect(await response.json()).toEqual({ message });
});

test.each([
  ['ExpiredToken', 'token-expired'],
  ['SignatureDoesNotMatch', 'signature-mismatch'],
  ['RequestTimeTooSkewed', 'clock-skew'],
  ['InvalidAccessKeyId', 'token-invalid'],
  ['AccessDenied', 'denied'],
])('XML of STS and S3: %s is %s', async (code, reason) => {
  const xml = `<?xml version="1.0"?><ErrorResponse><Error><Code>${code}</Code><Message>It is so</Message></Error></ErrorResponse>`;
  const response = new Response(xml, { status: 403, headers: { 'content-type': 'text/xml' } });
  expect(await explainRejection(response)).toMatchObject({
    reason,
    type: code,
    message: 'It is so',
  });
});

test.each([200, 404, 429, 500])('a %i is no rejection', async (status) => {
  expect(await explainRejection(answer(status, 'Missing Authentication Token'))).toBeUndefined();
});

test("an API's own 400 is no rejection", async () => {
  expect(await explainRejection(answer(400, 'token has expired'))).toBeUndefined();
});

test('what AWS quotes of the request is not passed on', async () => {
  const mismatch = `The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this request should have been\n'GET\n/\n\nx-amz-security-token:SECRET\n'`;
  const incomplete = `Authorization header requires 'Signature' parameter. Authorization=AWS4 SECRET`;
  for (const message of [mismatch, incomplete]) {
    const rejection = await explainRejection(answer(403, message));
    expect(JSON.stringify(rejection)).not.toContain('SECRET');
    expect(rejection?.message).toMatch(/^(The request signature|Authorization header)/);
  }
});

test('a body that is no error text, or a large one, does no harm', async () => {
  for (const body of ['', 'null', '[]', '{', '<', '7', 'x'.repeat(100_000)]) {
    const response = new Response(body, {
      status: 403,
      headers: { 'content-length': String(body.length) },
    });
    expect(await explainRejection(response)).toMatchObject({ reason: 'forbidden' });
    expect(await response.text()).toBe(body);
  }
});

test('neither token nor signature of what was sent is told, wherever AWS quotes them', async () => {
  const sent = await testSigner({ credentials: SESSION }).sign({ method: 'GET', url: API });
  const { authorization = '', 'x-amz-security-token': token = '' } = sent.headers;
  const message = `no: ${authorization} and ${token} and ${sent.signature}`;
  const rejection = await explainRejection(answer(403, message), sent);
  expect(rejection?.message).toBe('no: [redacted] and [redacted] and [redacted]');
});

test('a message is told without control characters, and cut to a length for logs', async () => {
  const rejection = await explainRejection(answer(403, `a\u001B[31mb\r\n${'x'.repeat(5000)}`));
  expect(rejection?.message).toMatch(/^a \[31mb x+$/);
  expect(rejection?.message).toHaveLength(1000);
});

test('an answer that never ends is read at its start only', async () => {
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += 1;
      controller.enqueue(new Uint8Array(16_384).fill(120));
    },
  });
  const response = new Response(endless, { status: 403 });
  expect(await explainRejection(response)).toMatchObject({ reason: 'forbidden', message: '' });
  expect(pulled).toBeLessThan(20);
  const events = new Response(new ReadableStream(), {
    status: 403,
    headers: { 'content-type': 'text/event-stream' },
  });
  expect(await explainRejection(events)).toMatchObject({ reason: 'forbidden' });
});

test('the type in a body counts where there is none in the headers', async () => {
  const body = JSON.stringify({ __type: 'com.amazon.coral.service#ExpiredTokenException' });
  expect(await explainRejection(new Response(body, { status: 403 }))).toMatchObject({
    reason: 'token-expired',
    type: 'ExpiredTokenException',
  });
});

test('a 400 of AWS that is about no signature is no rejection', async () => {
  expect(
    await explainRejection(answer(400, 'no', { 'x-amzn-errortype': 'BadRequestException' })),
  ).toBeUndefined();
});

test.each([
  ['https://abc123.execute-api.eu-west-1.amazonaws.com/prod', 'eu-west-1'],
  ['https://dynamodb.eu-west-2.amazonaws.com/', 'eu-west-2'],
])('the region that the host of %s tells is the one that was expected', async (url, expected) => {
  const sent = await testSigner({ region: 'us-east-1' }).sign({ method: 'GET', url });
  const said = "Credential should be scoped to a valid region, not 'us-east-1'. ";
  const rejection = await explainRejection(answer(403, said, INVALID), sent);
  expect(rejection?.differences).toEqual([
    { part: 'region', change: 'wrong', signed: 'us-east-1', expected },
  ]);
});
