import { expect, test } from 'vitest';

import { verifySignature, type VerifyOptions } from '@sigv4/testing';

import { payloadChecksum } from '../src/s3/payload-checksum.ts';
import { DATE, hash, NOW, scopeOf, signHeaders, signText, type Signing } from './sign-by-hand.ts';

const SIGNING: Signing = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'secret',
  region: 'eu-west-1',
  service: 'execute-api',
};

function options(more: Partial<VerifyOptions> = {}): VerifyOptions {
  return {
    keys: (id) => (id === 'AKIDEXAMPLE' ? { secretAccessKey: 'secret' } : undefined),
    service: 'execute-api',
    region: 'eu-west-1',
    now: () => NOW,
    ...more,
  };
}

function signedRequest(body: string): Request {
  const url = new URL('https://abc.execute-api.eu-west-1.amazonaws.com/prod/a%20b?q=%C3%BC');
  const { request } = signHeaders(
    {
      method: 'POST',
      // Not S3: the path is encoded once more.
      target: '/prod/a%2520b?q=%C3%BC',
      rawHeaders: [['X-Amz-Date', DATE]],
      body: Buffer.from(body),
    },
    SIGNING,
    { canonicalHeaders: { host: url.host, 'x-amz-date': DATE }, payload: hash(body) },
  );
  return new Request(url, {
    method: 'POST',
    headers: request.rawHeaders.map(([name, value]): [string, string] => [name, value]),
    body,
  });
}

test('a web Request is verified, and left to be read', async () => {
  const request = signedRequest('what is sent');
  expect(await verifySignature(request, options())).toMatchObject({
    ok: true,
    accessKeyId: 'AKIDEXAMPLE',
    signedHeaders: ['host', 'x-amz-date'],
    canonicalRequest: expect.stringMatching(/^POST\n\/prod\/a%2520b\nq=%C3%BC\nhost:abc\./),
  });
  expect(await request.text()).toBe('what is sent');
});

test('a web Request that is not what was signed is refused', async () => {
  const request = signedRequest('what is sent');
  const changed = new Request(request, { body: 'something else', method: 'POST' });
  expect(await verifySignature(changed, options())).toMatchObject({ reason: 'mismatch' });
  const elsewhere = new Request(
    'https://evil.example/prod/a%20b?q=%C3%BC',
    signedRequest('what is sent'),
  );
  expect(await verifySignature(elsewhere, options())).toMatchObject({ reason: 'mismatch' });
  expect(await verifySignature(new Request('https://a.example/'), options())).toMatchObject({
    reason: 'missing',
  });
});

test('a web Request whose body is gone is misuse', async () => {
  const request = signedRequest('x');
  await request.text();
  await expect(verifySignature(request, options())).rejects.toThrow(
    /body of the request has been read/,
  );
});

test('a web Request that uploads a form', async () => {
  const signing = { ...SIGNING, service: 's3' };
  const fields: Record<string, string> = {
    key: 'a.txt',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `AKIDEXAMPLE/${scopeOf(signing)}`,
    'X-Amz-Date': DATE,
  };
  const conditions = [
    { bucket: 'pictures' },
    ['content-length-range', 1, 5],
    ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
  ];
  const policy = Buffer.from(
    JSON.stringify({ expiration: '2026-01-02T04:00:00.000Z', conditions }),
  ).toString('base64');
  const upload = (
    change: Record<string, string>,
    url = 'https://pictures.s3.eu-west-1.amazonaws.com/',
    file = 'hello',
  ): Request => {
    const form = new FormData();
    const all = { ...fields, policy, 'x-amz-signature': signText(policy, signing), ...change };
    for (const [name, value] of Object.entries(all)) form.append(name, value);
    form.append('file', new File([file], 'ü "1".txt'));
    return new Request(url, { method: 'POST', body: form });
  };
  const judge = async (request: Request, more: Partial<VerifyOptions> = {}): Promise<unknown> => {
    const verdict = await verifySignature(request, options({ service: 's3', ...more }));
    return verdict.ok
      ? [verdict.accessKeyId, verdict.stringToSign]
      : [verdict.reason, verdict.type];
  };
  expect(await judge(upload({}))).toEqual(['AKIDEXAMPLE', policy]);
  expect(await judge(upload({}, 'https://s3.eu-west-1.amazonaws.com/pictures'))).toEqual([
    'AKIDEXAMPLE',
    policy,
  ]);
  expect(await judge(upload({}, 'https://other.s3.eu-west-1.amazonaws.com/'))).toEqual([
    'policy',
    'AccessDenied',
  ]);
  expect(await judge(upload({}, 'https://s3.eu-west-1.amazonaws.com/other'))).toEqual([
    'policy',
    'AccessDenied',
  ]);
  expect(
    await judge(upload({ bucket: 'pictures' }, 'https://other.s3.eu-west-1.amazonaws.com/')),
  ).toEqual(['policy', 'AccessDenied']);
  expect(await judge(upload({ key: 'b.txt' }))).toEqual(['policy', 'AccessDenied']);
  expect(await judge(upload({ Key: 'b.txt' }))).toEqual(['policy', 'MalformedPOSTRequest']);
  expect(await judge(upload({ acl: 'public-read' }))).toEqual(['policy', 'AccessDenied']);
  expect(await judge(upload({}, undefined, 'hello!'))).toEqual(['policy', 'EntityTooLarge']);
  expect(await judge(upload({ 'x-amz-signature': '0'.repeat(64) }))).toEqual([
    'mismatch',
    'SignatureDoesNotMatch',
  ]);
  expect(await judge(upload({}), { keys: () => undefined })).toEqual([
    'unknown-key',
    'InvalidAccessKeyId',
  ]);
  expect(
    await judge(upload({}), { keys: () => ({ secretAccessKey: 'secret', sessionToken: 't' }) }),
  ).toEqual(['wrong-token', 'InvalidToken']);
  expect(await judge(upload({}), { now: () => NOW + 3_600_000 })).toEqual([
    'policy',
    'AccessDenied',
  ]);
  // Other services take no forms.
  expect(await judge(upload({}), { service: 'execute-api' })).toEqual([
    'missing',
    'MissingAuthenticationTokenException',
  ]);
});

// The check values of "Catalogue of parametrised CRC algorithms", and of FIPS 180.
test.each([
  ['crc32', 'cbf43926'],
  ['crc32c', 'e3069283'],
  ['crc64nvme', 'ae8b14860a799888'],
  ['sha1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ['sha256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
])('%s', (algorithm, expected) => {
  const value = payloadChecksum(`x-amz-checksum-${algorithm}`, Buffer.from('123456789'));
  expect(Buffer.from(value ?? '', 'base64').toString('hex')).toBe(expected);
});

test('a checksum of no algorithm is none', () => {
  expect(payloadChecksum('x-amz-checksum-md4', Buffer.from('x'))).toBeUndefined();
});
