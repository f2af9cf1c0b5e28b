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

describe('the policy is for one bucket', () => {
  const named = { bucket: 'uploads' };

  function conditionsOf(fields: Record<string, string>): unknown[] {
    const policy = Buffer.from(fields['Policy'] ?? '', 'base64').toString();
    return (JSON.parse(policy) as { conditions: unknown[] }).conditions;
  }

  /** The one bucket that the policy and the form's field name, as the verifier sees it too. */
  async function boundTo(options: Partial<PresignPostOptions>): Promise<string> {
    const { fields } = await presignPost({ ...BASE, ...options });
    const { bucket = '' } = fields;
    expect(conditionsOf(fields)).toContainEqual({ bucket });
    const keys = { keys: () => SESSION, region: 'eu-west-1', now: () => NOW };
    const file = { name: 'f', size: 1 };
    expect(verifyPostPolicy(fields, file, { ...keys, bucket })).toMatchObject({ ok: true });
    expect(verifyPostPolicy(fields, file, { ...keys, bucket: 'x' })).toMatchObject({ ok: false });
    return bucket;
  }

  const label = fc.stringMatching(/^[a-z](?:[a-z0-9-]{0,9}[a-z0-9])?$/);
  /** The names have dots, and labels that look like those of S3. */
  const bucketName = fc
    .array(fc.oneof(label, fc.constantFrom('s3', 'vpce-1', 'bucket', 'dualstack', 'eu-west-1')), {
      minLength: 1,
      maxLength: 4,
    })
    .map((labels) => labels.join('.'))
    .filter((name) => name !== 'x');

  /** The suffix and the regions of each partition, from the SDKs' partitions.json. */
  const PARTITIONS = [
    ['amazonaws.com', 'eu-west-1', 'us-gov-west-1', 'ap-southeast-2', 'us-east-1'],
    ['amazonaws.com.cn', 'cn-north-1', 'cn-northwest-1'],
    ['amazonaws.eu', 'eusc-de-east-1'],
    ['c2s.ic.gov', 'us-iso-east-1'],
    ['sc2s.sgov.gov', 'us-isob-east-1'],
    ['csp.hci.ic.gov', 'us-isof-south-1'],
    ['cloud.adc-e.uk', 'eu-isoe-west-1'],
  ] as const;
  const regional = fc
    .constantFrom(...PARTITIONS)
    .chain(([suffix, ...regions]) =>
      fc
        .tuple(
          fc.constantFrom(...regions),
          fc.constantFrom(
            's3.',
            's3-',
            's3-fips.',
            's3-fips-',
            's3.dualstack.',
            's3-fips.dualstack.',
            'bucket.vpce-0a1b2c3d-4e5f6a7b.s3.',
          ),
        )
        .map(([region, s3]) => `${s3}${region}${s3.includes('vpce') ? '.vpce' : ''}.${suffix}`),
    );
  const endpoint = fc.oneof(
    regional,
    fc.constantFrom('s3.amazonaws.com', 's3-external-1.amazonaws.com'),
  );
  const accelerated = fc.constantFrom(
    's3-accelerate.amazonaws.com',
    's3-accelerate.dualstack.amazonaws.com',
  );
  const hostOfOthers = fc.constantFrom(
    'uploads.example.com',
    'b.account.r2.cloudflarestorage.com',
    'bucket.minio.example:9000',
    'amazonaws.com.example',
    'b.s3.eu-west-1.amazonaws.com.evil.example',
    'b.s3.eu-west-1.example',
    // These are AWS's, and name no bucket.
    'name-123456789012.s3-accesspoint.eu-west-1.amazonaws.com',
    'name-123456789012.accesspoint.vpce-0a1b-2c3d.s3.eu-west-1.vpce.amazonaws.com',
    'name-123456789012.op-01ac5d28a6a232904.s3-outposts.eu-west-1.amazonaws.com',
  );
  const atS3 = fc.oneof(
    fc
      .tuple(bucketName, fc.oneof(endpoint, accelerated), fc.constantFrom('', '.'))
      .map(([bucket, host, dot]) => ({ bucket, url: `https://${bucket}.${host}${dot}/` })),
    fc
      .tuple(
        bucketName,
        fc.oneof(endpoint, fc.constantFrom('minio.example:9000', 'localhost', '10.0.0.1')),
        fc.constantFrom('', '/'),
        fc.boolean(),
      )
      .map(([bucket, host, end, escaped]) => {
        const first = bucket.charCodeAt(0).toString(16);
        const path = escaped ? `%${first}${bucket.slice(1)}` : bucket;
        return { bucket, url: `https://${host}/${path}${end}` };
      }),
  );

  test('it is read from a URL of whatever kind', async () => {
    await fc.assert(
      fc.asyncProperty(atS3, fc.boolean(), async ({ url, bucket }, isNamed) => {
        expect(await boundTo(isNamed ? { url, bucket } : { url })).toBe(bucket);
      }),
      { numRuns: 1000 },
    );
  });

  test('a bucket that the URL contradicts is refused', async () => {
    await fc.assert(
      fc.asyncProperty(atS3, bucketName, async ({ url, bucket }, other) => {
        fc.pre(other !== bucket);
        await expect(presignPost({ ...BASE, url, bucket: other })).rejects.toThrow(
          /^bucket: the form would go to the bucket/,
        );
      }),
      { numRuns: 500 },
    );
  });

  test('if the URL names none, the caller has to', async () => {
    await fc.assert(
      fc.asyncProperty(hostOfOthers, bucketName, async (host, bucket) => {
        const url = `https://${host}/`;
        await expect(presignPost({ ...BASE, url })).rejects.toThrow(
          /^bucket: .* does not tell which bucket the form is for; name it/,
        );
        expect(await boundTo({ url, bucket })).toBe(bucket);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    'https://bucket.s3.eu-west-1.amazonaws.com/key',
    'https://s3.eu-west-1.amazonaws.com/',
    'https://s3.eu-west-1.amazonaws.com/bucket/key',
    'https://s3-accelerate.amazonaws.com/',
    'https://s3.eu-west-1.amazonaws.com/%ff',
  ])('%s is no address of a bucket', async (url) => {
    for (const options of [{}, named])
      await expect(presignPost({ ...BASE, url, ...options })).rejects.toThrow(/^url: /);
  });

  test.each([{ bucket: '' }, { bucket: 7 as never }, { bucket: null as never }])(
    '%j is refused',
    async (options) => {
      await expect(presignPost({ ...BASE, ...options })).rejects.toThrow(/^bucket: expected/);
    },
  );

  test('no option is read from a polluted prototype', async () => {
    const polluted = {
      bucket: 'attacker',
      fields: { acl: 'public-read' },
      conditions: [{ acl: 'public-read' }],
      expiresIn: 604_800,
      date: new Date(0),
    };
    const { date: _date, ...base } = BASE;
    for (const [name, value] of Object.entries(polluted)) {
      Reflect.defineProperty(Object.prototype, name, { value, configurable: true });
      try {
        const { fields } = await presignPost(base);
        expect(fields['bucket']).toBe('bucket');
        expect(fields).not.toHaveProperty('acl');
        expect(JSON.stringify(conditionsOf(fields))).not.toContain('attacker');
        expect(JSON.stringify(conditionsOf(fields))).not.toContain('public-read');
        expect(fields['X-Amz-Date']).not.toContain('1970');
        await expect(presignPost({ ...base, url: 'https://uploads.example.com/' })).rejects.toThrow(
          /^bucket: /,
        );
      } finally {
        Reflect.deleteProperty(Object.prototype, name);
      }
    }
  });

  test('what the caller changes while credentials are fetched is not in the policy', async () => {
    const condition: Record<string, string> = { acl: 'private' };
    const options = {
      ...BASE,
      fields: { acl: 'private' } as Record<string, string>,
      conditions: [condition],
      date: new Date(NOW),
      credentials: () => Promise.resolve(SESSION),
    };
    const made = presignPost(options);
    options.fields['acl'] = 'public-read';
    options.fields['x-amz-meta-a'] = 'b';
    condition['acl'] = 'public-read';
    options.conditions.push({ bucket: 'attacker' });
    options.date.setTime(0);
    const { fields } = await made;
    expect(fields).toMatchObject({ acl: 'private', 'X-Amz-Date': '20260102T030405Z' });
    expect(fields).not.toHaveProperty('x-amz-meta-a');
    expect(conditionsOf(fields).filter((each) => JSON.stringify(each).includes('acl'))).toEqual([
      { acl: 'private' },
      { acl: 'private' },
    ]);
  });
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
