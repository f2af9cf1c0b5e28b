import { createHmac } from 'node:crypto';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { verifyPostPolicy, verifySignature, type PostVerdict, type Verdict } from '@sigv4/testing';

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

function verify(
  fields: Record<string, string>,
  key: object = {},
  name = 'f',
  bucket?: string,
): PostVerdict {
  const keys = (): { secretAccessKey: string } => ({ secretAccessKey: SECRET, ...key });
  const options = { keys, region: 'eu-west-1', now: () => NOW, bucket };
  return verifyPostPolicy(fields, { name, size: 5 }, options);
}

const SIGNATURE_FIELDS = [
  { 'x-amz-algorithm': 'AWS4-HMAC-SHA256' },
  { 'x-amz-credential': CREDENTIAL },
  { 'x-amz-date': '20260102T030405Z' },
];

function policy(...conditions: unknown[]): object {
  return {
    expiration: '2026-01-02T04:00:00.000Z',
    conditions: [...SIGNATURE_FIELDS, { bucket: 'b' }, ...conditions],
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

describe('a policy holds for the bucket that the form went to', () => {
  const withoutBucket = (...conditions: unknown[]): object => ({
    expiration: '2026-01-02T04:00:00.000Z',
    conditions: [...SIGNATURE_FIELDS, { key: 'a/b.txt' }, ...conditions],
  });

  test('one that names no bucket is refused, as S3 refuses it', () => {
    for (const bucket of [undefined, 'b', '']) {
      expect(verify(form(withoutBucket()), {}, 'f', bucket)).toEqual({
        ok: false,
        code: 'AccessDenied',
        message: 'Invalid according to Policy: Extra input fields: bucket',
      });
      expect(verify(form(withoutBucket(), { bucket: 'b' }), {}, 'f', bucket)).toMatchObject({
        code: 'AccessDenied',
      });
    }
  });

  test('one for another bucket is refused, whatever the form says', () => {
    const conditions = [{ bucket: 'b' }, ['eq', '$bucket', 'b'], ['starts-with', '$Bucket', 'b']];
    for (const condition of conditions) {
      const fields = form(withoutBucket(condition));
      expect(verify(fields, {}, 'f', 'b')).toMatchObject({ ok: true });
      expect(verify(fields, {}, 'f', 'other')).toMatchObject({ code: 'AccessDenied' });
      expect(verify({ ...fields, bucket: 'b' }, {}, 'f', 'other')).toMatchObject({
        code: 'AccessDenied',
      });
      expect(verify({ ...fields, bucket: 'other' }, {}, 'f', 'b')).toMatchObject({
        code: 'AccessDenied',
      });
      expect(verify({ ...fields, bucket: 'other' })).toMatchObject({ code: 'AccessDenied' });
    }
  });

  const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,9}[a-z0-9])?$/);
  // Names with dots, and labels that look like S3's own.
  const bucketName = fc
    .array(fc.oneof(label, fc.constantFrom('s3', 'vpce-1', 'bucket', 'dualstack', 'eu-west-1')), {
      minLength: 1,
      maxLength: 4,
    })
    .map((labels) => labels.join('.'));

  /** Addresses at which S3 takes forms, from its endpoints and quotas page. */
  const S3_ENDPOINTS = [
    's3.amazonaws.com',
    's3-external-1.amazonaws.com',
    's3.eu-west-1.amazonaws.com',
    's3-eu-west-1.amazonaws.com',
    's3-us-gov-west-1.amazonaws.com',
    's3-fips-us-gov-west-1.amazonaws.com',
    's3-fips.us-gov-west-1.amazonaws.com',
    's3-fips.dualstack.us-east-1.amazonaws.com',
    's3.dualstack.ap-southeast-2.amazonaws.com',
    's3.cn-north-1.amazonaws.com.cn',
    's3.dualstack.cn-northwest-1.amazonaws.com.cn',
    's3.eusc-de-east-1.amazonaws.eu',
    's3.us-iso-east-1.c2s.ic.gov',
    's3.us-isob-east-1.sc2s.sgov.gov',
    's3.us-isof-south-1.csp.hci.ic.gov',
    's3.eu-isoe-west-1.cloud.adc-e.uk',
    'bucket.vpce-0a1b2c3d-4e5f6a7b.s3.eu-west-1.vpce.amazonaws.com',
  ];
  const ACCELERATED = ['s3-accelerate.amazonaws.com', 's3-accelerate.dualstack.amazonaws.com'];
  const address = fc.oneof(
    fc.tuple(
      bucketName,
      fc
        .constantFrom(...S3_ENDPOINTS, ...ACCELERATED)
        .map((endpoint) => (bucket: string) => `https://${bucket}.${endpoint}/`),
    ),
    fc.tuple(
      bucketName,
      fc
        .constantFrom(...S3_ENDPOINTS, '127.0.0.1:9000', 'localhost', 'minio.example', 's3.example')
        .chain((host) =>
          fc
            .constantFrom('', '/')
            .map((end) => (bucket: string) => `http://${host}/${bucket}${end}`),
        ),
    ),
  );

  function post(url: string, fields: Record<string, string>): Promise<Verdict> {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    body.append('file', new Blob(['bytes']), 'f');
    return verifySignature(new Request(url, { method: 'POST', body }), {
      keys: () => ({ secretAccessKey: SECRET }),
      service: 's3',
      region: 'eu-west-1',
      now: () => NOW,
    });
  }

  test('wherever the address has it', async () => {
    await fc.assert(
      fc.asyncProperty(address, bucketName, async ([bucket, at], other) => {
        const fields = form(withoutBucket({ bucket }));
        expect(await post(at(bucket), fields)).toMatchObject({ ok: true });
        expect(await post(at(bucket), { ...fields, bucket })).toMatchObject({ ok: true });
        expect(await post(at(bucket), form(withoutBucket()))).toMatchObject({ reason: 'policy' });
        fc.pre(other !== bucket);
        expect(await post(at(other), fields)).toMatchObject({ reason: 'policy' });
        expect(await post(at(other), { ...fields, bucket })).toMatchObject({ reason: 'policy' });
        expect(await post(at(other), { ...fields, bucket: other })).toMatchObject({
          reason: 'policy',
        });
      }),
      { numRuns: 150 },
    );
  });

  test('where the address has none, policy and form have to name the same one', async () => {
    for (const url of [
      'https://uploads.example.com/',
      'https://name-123456789012.s3-accesspoint.eu-west-1.amazonaws.com/',
    ]) {
      expect(await post(url, form(withoutBucket()))).toMatchObject({ reason: 'policy' });
      const fields = form(withoutBucket({ bucket: 'b' }));
      expect(await post(url, fields)).toMatchObject({ reason: 'policy' });
      expect(await post(url, { ...fields, bucket: 'c' })).toMatchObject({ reason: 'policy' });
      expect(await post(url, { ...fields, bucket: 'b' })).toMatchObject({ ok: true });
    }
  });
});
