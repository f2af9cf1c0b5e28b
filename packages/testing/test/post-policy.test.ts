import { createHmac } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { verifyPostPolicy, type PostVerdict } from '@sigv4/testing';

const SECRET = 'secret';
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const CREDENTIAL = 'AKID/20260102/eu-west-1/s3/aws4_request';

/** Signs any text as a policy. */
function form(document: unknown, more: Record<string, string> = {}): Record<string, string> {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  const encoded = Buffer.from(text).toString('base64');
  let key: string | Buffer = `AWS4${SECRET}`;
  for (const part of CREDENTIAL.split('/').slice(1))
    key = createHmac('sha256', key).update(part).digest();
  return {
    key: 'a/b.txt',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': CREDENTIAL,
    'X-Amz-Date': '20260102T030405Z',
    Policy: encoded,
    'X-Amz-Signature': createHmac('sha256', key).update(encoded).digest('hex'),
    ...more,
  };
}

function verify(fields: Record<string, string>, key: object = {}, name = 'f'): PostVerdict {
  const keys = (): { secretAccessKey: string } => ({ secretAccessKey: SECRET, ...key });
  return verifyPostPolicy(fields, { name, size: 5 }, { keys, region: 'eu-west-1', now: () => NOW });
}

const SIGNATURE_FIELDS = [
  { 'x-amz-algorithm': 'AWS4-HMAC-SHA256' },
  { 'x-amz-credential': CREDENTIAL },
  { 'x-amz-date': '20260102T030405Z' },
];

function policy(...conditions: unknown[]): object {
  return {
    expiration: '2026-01-02T04:00:00.000Z',
    conditions: [...SIGNATURE_FIELDS, ...conditions],
  };
}

test.each<[string, unknown[]]>([
  ['a value', [{ key: 'a/b.txt' }]],
  ['eq', [['eq', '$key', 'a/b.txt']]],
  ['starts-with', [['starts-with', '$Key', 'a/']]],
  ['a length', [{ key: 'a/b.txt' }, ['content-length-range', 5, 5]]],
  ['several in one', [{ key: 'a/b.txt', bucket: 'b' }]],
])('%s is fulfilled', (_name, conditions) => {
  expect(verify(form(policy(...conditions)))).toEqual({ ok: true, accessKeyId: 'AKID' });
});

test.each<[string, unknown[]]>([
  ['another value', [{ key: 'a/c.txt' }]],
  ['eq is not starts-with', [['eq', '$key', 'a/']]],
  ['another start', [['starts-with', '$key', 'b/']]],
  ['no condition for the key', []],
  ['the second of several', [{ key: 'a/b.txt', acl: 'public-read' }]],
])('%s is denied', (_name, conditions) => {
  expect(verify(form(policy(...conditions)))).toMatchObject({ code: 'AccessDenied' });
});

describe('what is no policy is refused, not thrown at', () => {
  test.each([
    '',
    'null',
    '{',
    '[]',
    '7',
    '{"expiration":"2026-01-02T04:00:00Z"}',
    { expiration: '2026-01-02T04:00:00Z', conditions: {} },
    { expiration: 'June 2 2026', conditions: [] },
    policy(null),
    policy([]),
    policy(['matches', '$key', 'a']),
    policy(['eq', 'key', 'a']),
    policy(['eq', '$key', 7]),
    policy({ key: 7 }),
    policy(['content-length-range', 'a', 'b']),
    policy({ key: 'a/b.txt' }, ['content-length-range', null, 10]),
    policy({ key: 'a/b.txt' }, ['content-length-range', -1, 10]),
    policy({ key: 'a/b.txt' }, ['content-length-range', 1, 10, 100]),
    policy(['eq', '$key', 'a/b.txt', 'c']),
  ])('%j', (document) => {
    expect(verify(form(document))).toMatchObject({ code: 'InvalidPolicyDocument' });
  });
});

test.each<[Record<string, string>, object, string]>([
  [{ 'X-Amz-Algorithm': 'FOO' }, {}, 'AuthorizationQueryParametersError'],
  [{ 'X-Amz-Date': '20260102junk' }, {}, 'AuthorizationQueryParametersError'],
  [{ 'X-Amz-Date': '20260103T030405Z' }, {}, 'AuthorizationQueryParametersError'],
  [{ 'X-Amz-Credential': `${CREDENTIAL}/x` }, {}, 'AuthorizationQueryParametersError'],
  [
    { 'X-Amz-Credential': CREDENTIAL.replace('eu-west-1', 'us-east-1') },
    {},
    'AuthorizationQueryParametersError',
  ],
  [
    { 'X-Amz-Credential': CREDENTIAL.replace('aws4_request', 'x') },
    {},
    'AuthorizationQueryParametersError',
  ],
  [{ 'X-Amz-Signature': 'zz' }, {}, 'SignatureDoesNotMatch'],
  [{ 'X-Amz-Security-Token': 't' }, {}, 'InvalidToken'],
  [{}, { sessionToken: 't' }, 'InvalidToken'],
  [{}, { expiresAt: NOW }, 'ExpiredToken'],
])('%j with %j is %s', (fields, key, code) => {
  expect(verify(form(policy({ key: 'a/b.txt' }), fields), key)).toMatchObject({ ok: false, code });
});

test("a file's name is a name, whatever it holds", () => {
  const fields = form(policy(['eq', '$key', "up/$&$'.txt"]), { key: 'up/${filename}' });
  expect(verify(fields, {}, "$&$'.txt")).toMatchObject({ ok: true });
});

test('a form without a key is refused, whatever its policy says', () => {
  const { key: _key, ...fields } = form(policy(['starts-with', '$key', '']));
  expect(verify(fields)).toMatchObject({ ok: false, code: 'InvalidArgument' });
});

test('a field twice, in another case, is refused', () => {
  const fields = form(policy({ key: 'a/b.txt' }), { Key: 'a/b.txt' });
  expect(verify(fields)).toMatchObject({ ok: false, code: 'InvalidArgument' });
});
