import { createHash, createHmac } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { verifySignature, type RawRequest, type VerifyOptions } from '@sigv4/testing';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const AT = Date.UTC(2015, 7, 30, 12, 36, 0);
const NOTHING = new Uint8Array();

function options(more: Partial<VerifyOptions> = {}): VerifyOptions {
  return {
    keys: (id) => (id === 'AKIDEXAMPLE' ? { secretAccessKey: SECRET } : undefined),
    service: 'service',
    region: 'us-east-1',
    now: () => AT,
    ...more,
  };
}

/** get-vanilla of AWS's Signature Version 4 test suite, its Authorization header included. */
const VANILLA = {
  method: 'GET',
  target: '/',
  rawHeaders: [
    ['Host', 'example.amazonaws.com'],
    ['X-Amz-Date', '20150830T123600Z'],
    [
      'Authorization',
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    ],
  ],
  body: NOTHING,
} as const satisfies RawRequest;

function withAuthorization(change: (authorization: string) => string): RawRequest {
  const [host, date, [name, value]] = VANILLA.rawHeaders;
  return { ...VANILLA, rawHeaders: [host, date, [name, change(value)]] };
}

test("accepts the AWS test suite's own signature", () => {
  expect(verifySignature(VANILLA, options())).toMatchObject({
    ok: true,
    accessKeyId: 'AKIDEXAMPLE',
    signedHeaders: ['host', 'x-amz-date'],
    canonicalRequest:
      'GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    stringToSign:
      'AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\nbb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63',
  });
});

// More of the suite: [name, target, more headers, signed headers, signature].
test.each<[string, string, [string, string][], string, string]>([
  [
    'get-utf8',
    '/ሴ',
    [],
    'host;x-amz-date',
    '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85',
  ],
  [
    'get-vanilla-query-order-key-case',
    '/?Param2=value2&Param1=value1',
    [],
    'host;x-amz-date',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'get-slash-dot-slash',
    '/./',
    [],
    'host;x-amz-date',
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  ],
  [
    'get-relative',
    '/example/..',
    [],
    'host;x-amz-date',
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  ],
  [
    'get-slashes',
    '//example//',
    [],
    'host;x-amz-date',
    '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84',
  ],
  [
    'get-space',
    '/example space/',
    [],
    'host;x-amz-date',
    '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741',
  ],
  [
    'get-header-key-duplicate',
    '/',
    [
      ['My-Header1', 'value2'],
      ['My-Header1', 'value2'],
      ['My-Header1', 'value1'],
    ],
    'host;my-header1;x-amz-date',
    'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
  ],
  [
    'get-header-value-trim',
    '/',
    [
      ['My-Header1', ' value1'],
      ['My-Header2', ' "a   b   c"'],
    ],
    'host;my-header1;my-header2;x-amz-date',
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
])('accepts %s of the suite', (_name, target, headers, signedHeaders, signature) => {
  const signed = withAuthorization((value) =>
    value
      .replace(/SignedHeaders=[^,]*/, `SignedHeaders=${signedHeaders}`)
      .replace(/[0-9a-f]{64}/, signature),
  );
  const request = { ...signed, target, rawHeaders: [...signed.rawHeaders, ...headers] };
  expect(verifySignature(request, options())).toMatchObject({ ok: true });
});

/** Signs by hand, to have what the suite does not. */
function sign(
  canonical: string[],
  date: string,
  headers: [string, string][] = [],
): [string, string][] {
  const day = date.slice(0, 8);
  const scope = `${day}/us-east-1/service/aws4_request`;
  const hash = createHash('sha256').update(canonical.join('\n')).digest('hex');
  let key: string | Buffer = `AWS4${SECRET}`;
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest();
  const signature = createHmac('sha256', key)
    .update(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash}`)
    .digest('hex');
  return [
    ['Host', 'example.amazonaws.com'],
    ['X-Amz-Date', date],
    ...headers,
    [
      'Authorization',
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope},SignedHeaders=${canonical.at(-2)},Signature=${signature}`,
    ],
  ];
}
const EMPTY_HASH = createHash('sha256').digest('hex');

describe('a query signature', () => {
  // "Authenticating Requests: Using Query Parameters" in the Amazon S3 API reference, but for its
  // payload: S3's UNSIGNED-PAYLOAD is not what other services take.
  const target =
    '/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host';
  const [, query = ''] = target.split('?');
  const canonical = ['GET', '/', query, 'host:example.amazonaws.com', '', 'host', EMPTY_HASH];
  const signature = /Signature=(.*)$/.exec(
    sign(canonical, '20150830T123600Z').at(-1)?.[1] ?? '',
  )?.[1];
  const request: RawRequest = {
    method: 'GET',
    target: `${target}&X-Amz-Signature=${signature}`,
    rawHeaders: [['Host', 'example.amazonaws.com']],
    body: NOTHING,
  };

  test('is good until it expires', () => {
    expect(verifySignature(request, options())).toMatchObject({ ok: true });
    expect(verifySignature(request, options({ now: () => AT + 3_600_000 }))).toMatchObject({
      ok: true,
    });
    expect(verifySignature(request, options({ now: () => AT + 3_601_000 }))).toMatchObject({
      reason: 'expired',
    });
    expect(verifySignature(request, options({ now: () => AT - 301_000 }))).toMatchObject({
      reason: 'not-yet-current',
    });
  });

  test.each(['0', '604801', '1.5', 'x', ''])('cannot be good for %j seconds', (seconds) => {
    const changed = {
      ...request,
      target: request.target.replace('Expires=3600', `Expires=${seconds}`),
    };
    expect(verifySignature(changed, options())).toMatchObject({ ok: false });
  });

  test('with a parameter twice, or a header signature besides, is refused', () => {
    const twice = { ...request, target: `${request.target}&X-Amz-Date=20150830T123600Z` };
    expect(verifySignature(twice, options())).toMatchObject({ reason: 'incomplete' });
    const both = { ...request, rawHeaders: [...request.rawHeaders, VANILLA.rawHeaders[2]] };
    expect(verifySignature(both, options())).toMatchObject({ reason: 'incomplete' });
  });

  test('covers the rest of the query', () => {
    const changed = { ...request, target: `${request.target}&more=1` };
    expect(verifySignature(changed, options())).toMatchObject({ reason: 'mismatch' });
  });
});

test('the window is 5 minutes either way', () => {
  for (const [ms, verdict] of [
    [300_000, { ok: true }],
    [
      301_000,
      {
        ok: false,
        reason: 'expired',
        message:
          'Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)',
      },
    ],
    [-300_000, { ok: true }],
    [
      -301_000,
      {
        ok: false,
        reason: 'not-yet-current',
        message:
          'Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)',
      },
    ],
  ] as const) {
    expect(verifySignature(VANILLA, options({ now: () => AT + ms }))).toMatchObject(verdict);
  }
});

test.each<[string, RawRequest, object]>([
  [
    'nothing',
    { ...VANILLA, rawHeaders: VANILLA.rawHeaders.slice(0, 2) },
    { reason: 'missing', type: 'MissingAuthenticationTokenException' },
  ],
  [
    'another scheme',
    withAuthorization(() => 'Bearer x'),
    { reason: 'incomplete', type: 'IncompleteSignatureException' },
  ],
  [
    'no signature',
    withAuthorization((v) => v.replace(/, Signature=.*/, '')),
    { message: expect.stringContaining("requires 'Signature' parameter") },
  ],
  [
    'no date',
    { ...VANILLA, rawHeaders: [VANILLA.rawHeaders[0], VANILLA.rawHeaders[2]] },
    { message: expect.stringContaining("'X-Amz-Date'") },
  ],
  ['a field twice', withAuthorization((v) => `${v}, Signature=x`), { reason: 'incomplete' }],
  [
    'a field that is empty',
    withAuthorization((v) => v.replace(', Signature', ',,Signature')),
    { message: expect.stringContaining('not a valid key=value pair (missing equal-sign)') },
  ],
  [
    'a blank that is none of HTTP',
    withAuthorization((v) => v.replace(', Signature=', ',\u00A0Signature=')),
    { reason: 'incomplete' },
  ],
  [
    'two Authorizations',
    { ...VANILLA, rawHeaders: [...VANILLA.rawHeaders, VANILLA.rawHeaders[2]] },
    { reason: 'incomplete' },
  ],
  [
    'another algorithm',
    withAuthorization((v) => v.replace('SHA256', 'SHA1')),
    { reason: 'incomplete' },
  ],
  [
    'host unsigned',
    withAuthorization((v) => v.replace('host;', '')),
    {
      reason: 'unsigned-header',
      message: "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    },
  ],
  [
    'an x-amz- header unsigned',
    { ...VANILLA, rawHeaders: [...VANILLA.rawHeaders, ['X-Amz-Target', 'x']] },
    { reason: 'unsigned-header' },
  ],
  [
    'signed headers out of order',
    withAuthorization((v) => v.replace('host;x-amz-date', 'x-amz-date;host')),
    { reason: 'incomplete' },
  ],
  [
    'another region',
    withAuthorization((v) => v.replace('us-east-1', 'eu-west-1')),
    {
      reason: 'wrong-scope',
      message: "Credential should be scoped to a valid region, not 'eu-west-1'. ",
    },
  ],
  [
    'another service',
    withAuthorization((v) => v.replace('/service/', '/s3/')),
    { message: "Credential should be scoped to correct service: 'service'. " },
  ],
  [
    'another day',
    withAuthorization((v) => v.replace('/20150830/', '/20150829/')),
    { reason: 'wrong-scope' },
  ],
  [
    'another terminator',
    withAuthorization((v) => v.replace('aws4_request', 'aws5_request')),
    { reason: 'wrong-scope' },
  ],
  [
    'a date that there is not',
    {
      ...VANILLA,
      rawHeaders: [
        VANILLA.rawHeaders[0],
        ['X-Amz-Date', '20150832T123600Z'],
        VANILLA.rawHeaders[2],
      ],
    },
    { reason: 'incomplete' },
  ],
  [
    'a date twice',
    { ...VANILLA, rawHeaders: [...VANILLA.rawHeaders, VANILLA.rawHeaders[1]] },
    { reason: 'incomplete' },
  ],
  [
    'signed headers repeated',
    withAuthorization((v) => v.replace('host;x-amz-date', 'host;host;x-amz-date')),
    { reason: 'incomplete' },
  ],
  [
    'signed headers in upper case',
    withAuthorization((v) => v.replace('host;x-amz-date', 'Host;x-amz-date')),
    { reason: 'incomplete' },
  ],
  [
    'a scope with more',
    withAuthorization((v) => v.replace('aws4_request', 'aws4_request/x')),
    { reason: 'incomplete' },
  ],
  [
    'an unknown key',
    withAuthorization((v) => v.replace('AKIDEXAMPLE', 'AKIDOTHER')),
    { reason: 'unknown-key', type: 'UnrecognizedClientException', accessKeyId: 'AKIDOTHER' },
  ],
  [
    'a signature off by one',
    withAuthorization((v) => v.replace(/31$/, '32')),
    { reason: 'mismatch', type: 'InvalidSignatureException' },
  ],
  [
    'a signature that is none',
    withAuthorization((v) => v.replace(/[0-9a-f]{64}$/, 'zz')),
    { reason: 'mismatch' },
  ],
  ['another method', { ...VANILLA, method: 'POST' }, { reason: 'mismatch' }],
  ['another path', { ...VANILLA, target: '/x' }, { reason: 'mismatch' }],
  ['another query', { ...VANILLA, target: '/?x' }, { reason: 'mismatch' }],
  ['another body', { ...VANILLA, body: new Uint8Array([1]) }, { reason: 'mismatch' }],
  [
    'another host',
    { ...VANILLA, rawHeaders: [['Host', 'x'], ...VANILLA.rawHeaders.slice(1)] },
    { reason: 'mismatch' },
  ],
])('%s is refused', (_name, request, expected) => {
  expect(verifySignature(request, options())).toMatchObject({ ok: false, ...expected });
});

test('a mismatch tells what should have been signed, as API Gateway does', () => {
  const verdict = verifySignature({ ...VANILLA, target: '/x?b=1&a=2' }, options());
  expect(verdict).toMatchObject({
    message: expect.stringContaining(
      "The Canonical String for this request should have been\n'GET\n/x\na=2&b=1\nhost:example.amazonaws.com\n",
    ),
  });
});

describe('a session', () => {
  const token = 'a/token+with=';
  const headers = sign(
    [
      'GET',
      '/',
      '',
      'host:example.amazonaws.com',
      'x-amz-date:20150830T123600Z',
      `x-amz-security-token:${token}`,
      '',
      'host;x-amz-date;x-amz-security-token',
      EMPTY_HASH,
    ],
    '20150830T123600Z',
    [['X-Amz-Security-Token', token]],
  );
  const request = { ...VANILLA, rawHeaders: headers };
  const known = (key: object): VerifyOptions =>
    options({ keys: () => ({ secretAccessKey: SECRET, ...key }) });

  test('is good with the token of its key, until it ends', () => {
    expect(
      verifySignature(request, known({ sessionToken: token, expiresAt: AT + 1 })),
    ).toMatchObject({ ok: true });
    expect(verifySignature(request, known({ sessionToken: token, expiresAt: AT }))).toMatchObject({
      reason: 'expired-token',
      type: 'ExpiredTokenException',
      message: 'The security token included in the request is expired',
    });
  });

  test("with another key's token, or one where none belongs, or none, is refused", () => {
    expect(verifySignature(request, known({ sessionToken: 'other' }))).toMatchObject({
      reason: 'wrong-token',
    });
    expect(verifySignature(request, known({}))).toMatchObject({ reason: 'wrong-token' });
    expect(verifySignature(VANILLA, known({ sessionToken: token }))).toMatchObject({
      reason: 'wrong-token',
    });
  });
});
