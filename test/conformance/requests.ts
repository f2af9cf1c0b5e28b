import fc from 'fast-check';

import type { SignableRequest } from '@sigv4/signer';

/** Characters that engines, proxies and signers disagree about, and plain ones. */
const awkward = fc.oneof(
  fc.constantFrom(
    ...' +%&=/?#:@!$\'()*,;[]{}|^`"<>\\~-._'.split(''),
    '\t',
    'ü',
    '€',
    '😀',
    '\uD800',
    '\u0000',
  ),
  fc.constantFrom('%20', '%2F', '%2f', '%', '%zz', '%C3%BC', '%ff', '%41', '%2B', '..', '.', '//'),
  fc.string({ maxLength: 3 }),
  fc.string({ unit: 'grapheme', maxLength: 3 }),
  fc.constantFrom('a', 'Z', '0', 'orders', '__proto__', 'constructor', 'X-Amz-Meta'),
);
const text = fc.array(awkward, { maxLength: 6 }).map((parts) => parts.join(''));

const path = fc
  .array(text, { maxLength: 5 })
  .map((segments) => `/${segments.join('/')}`.replaceAll(/[?#]/g, 'q'));
const query = fc
  .array(
    fc
      .tuple(text, fc.option(text))
      .map(([name, value]) => (value === null ? name : `${name}=${value}`)),
    { maxLength: 5 },
  )
  // A piece that starts with an X-Amz-* parameter of a signature is another signature.
  .map((pieces) => pieces.join('&').replaceAll('#', '%23'));

const headerName = fc.oneof(
  fc.constantFrom(
    'Content-Type',
    'Content-MD5',
    'X-Amz-Meta-A',
    'x-amz-meta-b',
    'X-AMZ-TARGET',
    'Accept',
    'X-Api-Key',
    '__proto__',
    'X-Amzn-Trace-Id',
    'Cookie',
  ),
  fc
    .stringMatching(/^x-amz-[a-z0-9-]{1,12}$/)
    .filter((name) => !/^x-amz-(?:date|security-token|content-sha256)$/.test(name)),
);
const headerValue = fc
  .array(
    fc.oneof(
      fc.stringMatching(/^[\x20-\x7e]{0,8}$/),
      fc.constantFrom(' ', '  ', '\t', ',', ', ', ';', '"'),
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''));

const body = fc.oneof(
  fc.constant(undefined),
  fc.uint8Array({ maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.json(),
);

const token = fc.stringMatching(/^[A-Za-z0-9+/=]{1,80}$/);

/** A request as awkward as a caller can make it, and what signs it. */
export const signing: fc.Arbitrary<{
  request: SignableRequest;
  sessionToken: string | undefined;
  secretAccessKey: string;
  service: string;
  signatureIn: 'header' | 'query';
  expiresIn: number;
  date: Date;
}> = fc.record({
  request: fc.record({
    method: fc.constantFrom('GET', 'POST', 'put', 'Delete', 'PATCH', 'HEAD', 'OPTIONS', 'REPORT'),
    url: fc
      .tuple(
        fc.constantFrom(
          'https://abc123.execute-api.eu-west-1.amazonaws.com',
          'https://api.example.com:8443',
          'http://127.0.0.1:3000',
        ),
        path,
        query,
      )
      .map(([origin, pathOf, queryOf]) => `${origin}${pathOf}?${queryOf}`),
    headers: fc.array(fc.tuple(headerName, headerValue), { maxLength: 5 }),
    body,
  }),
  sessionToken: fc.option(token, { nil: undefined }),
  secretAccessKey: fc.stringMatching(/^[A-Za-z0-9+/]{1,60}$/),
  service: fc.constantFrom('execute-api', 'lambda', 'sts', 'aoss', 's3', 'vpc-lattice-svcs'),
  signatureIn: fc.constantFrom('header', 'query'),
  expiresIn: fc.integer({ min: 1, max: 604_800 }),
  date: fc.date({
    min: new Date('1970-01-01T00:00:00Z'),
    max: new Date('2099-12-31T23:59:59Z'),
    noInvalidDate: true,
  }),
});
