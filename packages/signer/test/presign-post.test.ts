import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { presignPost, type PostCondition, type PresignPostOptions } from '@sigv4/signer';
import { verifyPostPolicy, type PostVerdict } from '@sigv4/testing';

import { signPolicy } from '../src/s3/presign-post.ts';
import { NOW, SESSION } from './fixtures.ts';

// The worked example of "Browser-Based Upload using HTTP POST" in the Amazon S3 API Reference:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html
test('the policy of the AWS document has the signature of the AWS document', async () => {
  const policy = [
    '{ "expiration": "2015-12-30T12:00:00.000Z",',
    '  "conditions": [',
    '    {"bucket": "sigv4examplebucket"},',
    '    ["starts-with", "$key", "user/user1/"],',
    '    {"acl": "public-read"},',
    '    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},',
    '    ["starts-with", "$Content-Type", "image/"],',
    '    {"x-amz-meta-uuid": "14365123651274"},',
    '    {"x-amz-server-side-encryption": "AES256"},',
    '    ["starts-with", "$x-amz-meta-tag", ""],',
    '',
    '    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},',
    '    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},',
    '    {"x-amz-date": "20151229T000000Z" }',
    '  ]',
    '}',
  ].join('\r\n');
  const signature = await signPolicy(
    Buffer.from(policy).toString('base64'),
    {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    },
    '20151229',
    'us-east-1',
  );
  expect(signature).toBe('8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e');
});

const BASE: PresignPostOptions = {
  url: 'https://bucket.s3.eu-west-1.amazonaws.com/',
  region: 'eu-west-1',
  credentials: SESSION,
  key: 'uploads/${filename}',
  date: new Date(NOW),
};

function verify(
  fields: Record<string, string>,
  file = { name: 'a.png', size: 10 },
  now = NOW,
): PostVerdict {
  return verifyPostPolicy(fields, file, {
    keys: () => SESSION,
    region: 'eu-west-1',
    now: () => now,
  });
}

describe('a form', () => {
  test('with what S3 asks for: file name, redirect, length, type, session', async () => {
    const { url, fields } = await presignPost({
      ...BASE,
      bucket: 'bucket',
      fields: {
        'Content-Type': 'image/png',
        success_action_redirect: 'https://x.example/ü?a=b',
        'x-amz-meta-a': '€',
      },
      conditions: [
        ['content-length-range', 1, 100],
        ['starts-with', '$Content-Type', 'image/'],
        ['eq', '$x-amz-meta-a', '€'],
      ],
    });
    expect(url).toBe(BASE.url);
    expect(verify(fields)).toEqual({ ok: true, accessKeyId: SESSION.accessKeyId });
    expect(verify(fields, { name: 'ü.png', size: 100 })).toMatchObject({ ok: true });
    expect(verify(fields, { name: 'a', size: 101 })).toMatchObject({ code: 'EntityTooLarge' });
    expect(verify(fields, { name: 'a', size: 0 })).toMatchObject({ code: 'EntityTooSmall' });
    expect(verify({ ...fields, key: 'elsewhere/a' })).toMatchObject({ code: 'AccessDenied' });
    expect(verify({ ...fields, acl: 'public-read' })).toMatchObject({
      message: expect.stringContaining('Extra input fields: acl'),
    });
    expect(verify({ ...fields, 'Content-Type': 'text/html' })).toMatchObject({
      code: 'AccessDenied',
    });
    expect(verify({ ...fields, Policy: Buffer.from('{}').toString('base64') })).toMatchObject({
      code: 'SignatureDoesNotMatch',
    });
  });

  test('is good for an hour, or as long as it says', async () => {
    const { fields } = await presignPost(BASE);
    expect(verify(fields, undefined, NOW + 3_599_000)).toMatchObject({ ok: true });
    expect(verify(fields, undefined, NOW + 3_600_000)).toMatchObject({
      message: expect.stringContaining('expired'),
    });
    const short = await presignPost({ ...BASE, expiresIn: 1 });
    expect(verify(short.fields, undefined, NOW + 1000)).toMatchObject({ ok: false });
  });

  test('goes into FormData', async () => {
    const { fields } = await presignPost(BASE);
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob(['x']), 'a.png');
    expect([...form.keys()].at(-1)).toBe('file');
  });
});

test('whatever the fields are, the verifier agrees', async () => {
  const name = fc.stringMatching(/^x-amz-meta-[a-z0-9]{1,8}$/);
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(name, fc.string({ unit: 'grapheme' }), { noNullPrototype: true }),
      fc.string({ unit: 'grapheme', minLength: 1 }),
      async (more, key) => {
        const { fields } = await presignPost({ ...BASE, key, fields: more });
        expect(verify(fields, { name: 'f', size: 1 })).toMatchObject({ ok: true });
      },
    ),
    { numRuns: 500 },
  );
});

test.each<[Partial<PresignPostOptions>, RegExp]>([
  [{ key: '' }, /^key: expected/],
  [{ key: '${filename}/x' }, /^key: .* at its end only/],
  [{ key: 'a${filename}b${filename}' }, /^key: .* at its end only/],
  [{ region: 7 as never }, /^region: expected/],
  [{ region: 'eu west' }, /^region: expected/],
  [{ expiresIn: 0 }, /^expiresIn: expected/],
  [{ expiresIn: 604_801 }, /^expiresIn: expected/],
  [{ conditions: [['matches', '$key', 'x'] as never] }, /^conditions: expected .* got \["matches"/],
  [{ conditions: [['eq', 'key', 'x'] as never] }, /^conditions: expected/],
  [{ conditions: [['content-length-range', 10, 1]] }, /^conditions: expected/],
  [{ conditions: [{ a: 'b', c: 'd' }] }, /^conditions: expected/],
  [{ conditions: [null as never] }, /^conditions: expected/],
  [
    { fields: { acl: 'private' }, conditions: [{ acl: 'public-read' }] },
    /the one on acl contradicts the field/,
  ],
  [
    {
      fields: { 'Content-Type': 'text/html' },
      conditions: [['starts-with', '$content-type', 'image/']],
    },
    /the one on Content-Type contradicts/,
  ],
  [{ condition: [] } as object, /^condition: there is no such option/],
  [{ url: 'http://bucket.s3.eu-west-1.amazonaws.com/' }, /^url: http: to/],
  [{ url: 'https://b.s3-website-us-east-1.amazonaws.com/' }, /website endpoint/],
  [{ region: '*' }, /is a region set/],
  [{ fields: { Policy: 'x' } }, /^fields: Policy is made here/],
  [{ fields: { 'x-amz-date': 'x' } }, /^fields: x-amz-date is made here/],
  [{ fields: { acl: undefined as never } }, /^fields: expected an object of strings/],
  [{ conditions: [['starts-with', '$key', 'other/']] }, /the one on key contradicts/],
])('%j is refused', async (options, message) => {
  await expect(presignPost({ ...BASE, ...options })).rejects.toThrow(message);
});

test('a condition on the key that the file name fulfils is none against it', async () => {
  const conditions: PostCondition[] = [['starts-with', '$key', 'uploads/']];
  await expect(presignPost({ ...BASE, conditions })).resolves.toBeDefined();
});

test('a condition that contradicts a field of the signature tells no secret', async () => {
  const conditions: PostCondition[] = [{ 'x-amz-security-token': 'old' }];
  const error: unknown = await presignPost({ ...BASE, conditions }).catch((e: unknown) => e);
  expect(String(error)).toMatch(/the one on X-Amz-Security-Token contradicts/);
  expect(String(error)).not.toContain(SESSION.sessionToken);
});

test('${filename} stands for the name in the key only', async () => {
  const { fields } = await presignPost({
    ...BASE,
    key: 'a',
    fields: { 'x-amz-meta-a': '${filename}' },
  });
  const policy = JSON.parse(Buffer.from(fields['Policy'] ?? '', 'base64').toString()) as {
    conditions: unknown[];
  };
  expect(policy.conditions).toContainEqual({ 'x-amz-meta-a': '${filename}' });
  expect(policy.conditions).toContainEqual({ key: 'a' });
});
