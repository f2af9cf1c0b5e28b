import { expect, test } from 'vitest';

import { verifySignature, type RawRequest, type Verdict } from '@sigv4/testing';

import { DATE, hash, NOW, signHeaders } from './sign-by-hand.ts';

/*
 * Each row is signed by hand as a client with one usual mistake would sign it, and sent as that
 * client would send it. The verdict must name the mistake, and show the line.
 */

const SIGNING = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'secret',
  region: 'eu-west-1',
  service: 'execute-api',
};
const TOKEN = 'very-secret-token';
const AWS_HOST = 'abc.execute-api.eu-west-1.amazonaws.com';

interface Signed {
  method?: string;
  /** Canonical path and query. */
  target?: string;
  headers?: Record<string, string>;
  payload?: string;
}

const SENT: RawRequest = {
  method: 'POST',
  target: '/prod/a%20b/c?a=1&b=x%20y',
  rawHeaders: [
    ['Host', '127.0.0.1:4582'],
    ['Content-Type', 'application/json'],
    ['X-Amz-Date', DATE],
    ['X-Amz-Security-Token', TOKEN],
  ],
  body: new TextEncoder().encode('{"a":1}'),
};

function judge(signed: Signed, sent: Partial<RawRequest> = {}): Verdict & { ok: false } {
  const canonical = {
    method: signed.method ?? 'POST',
    target: signed.target ?? '/prod/a%2520b/c?a=1&b=x%20y',
    rawHeaders: [],
    body: new Uint8Array(),
  };
  const { request } = signHeaders(canonical, SIGNING, {
    canonicalHeaders: {
      host: '127.0.0.1:4582',
      'content-type': 'application/json',
      'x-amz-date': DATE,
      'x-amz-security-token': TOKEN,
      ...signed.headers,
    },
    payload: signed.payload ?? hash(SENT.body),
  });
  const wire = { ...SENT, ...sent };
  const verdict = verifySignature(
    { ...wire, rawHeaders: [...wire.rawHeaders, ...request.rawHeaders] },
    {
      ...SIGNING,
      keys: () => ({ secretAccessKey: 'secret', sessionToken: TOKEN, expiresAt: undefined }),
      now: () => NOW,
      explain: { hosts: [AWS_HOST] },
    },
  );
  if (verdict.ok) throw new Error('it verifies');
  return verdict;
}

test.each<[string, Signed, Partial<RawRequest>, RegExp, string[]]>([
  [
    'the path encoded once',
    { target: '/prod/a%20b/c?a=1&b=x%20y' },
    {},
    /^the path was (?:encoded once|signed as it was sent)/,
    ['- /prod/a%20b/c', '+ /prod/a%2520b/c'],
  ],
  [
    'without the stage',
    { target: '/a%2520b/c?a=1&b=x%20y' },
    {},
    /without its first segment \(the stage\?\)/,
    ['- /a%2520b/c', '+ /prod/a%2520b/c'],
  ],
  [
    'a slash at the end',
    { target: '/prod/a%2520b/c/?a=1&b=x%20y' },
    {},
    /with a slash at its end/,
    ['- /prod/a%2520b/c/'],
  ],
  [
    'no query',
    { target: '/prod/a%2520b/c' },
    {},
    /^the query was not signed$/,
    ['- ', '+ a=1&b=x%20y'],
  ],
  [
    'a query that is not sorted',
    { target: '/prod/a%2520b/c?b=2&a=1' },
    { target: '/prod/a%20b/c?b=2&a=1' },
    /^the query was signed as it was sent/,
    ['- b=2&a=1', '+ a=1&b=2'],
  ],
  [
    'a space as +',
    { target: '/prod/a%2520b/c?a=1&b=x+y' },
    {},
    /a space of the query was signed as \+/,
    ['- a=1&b=x+y'],
  ],
  ['no body', { payload: hash('') }, {}, /^the signature is for an empty body/, [`- ${hash('')}`]],
  [
    'an unsigned payload',
    { payload: 'UNSIGNED-PAYLOAD' },
    {},
    /UNSIGNED-PAYLOAD, which this service does not take/,
    ['- UNSIGNED-PAYLOAD'],
  ],
  [
    'white space after the body',
    {},
    { body: new TextEncoder().encode('{"a":1}\n') },
    /^white space was added to the body$/,
    [`- ${hash('{"a":1}')}`],
  ],
  ['another method', { method: 'GET' }, {}, /is for GET, and the request is a POST/, ['- GET']],
  ['a method in lower case', { method: 'post' }, {}, /is for post/, ['- post']],
  [
    'the host name of AWS',
    { headers: { host: AWS_HOST } },
    {},
    /^the signature is for the host abc\.execute-api\..*, and the request has host:127\.0\.0\.1:4582$/,
    [`- host:${AWS_HOST}`, '+ host:127.0.0.1:4582'],
  ],
  [
    'the host name of AWS, and no query',
    { headers: { host: AWS_HOST }, target: '/prod/a%2520b/c' },
    {},
    /the host abc\..*; and the query was not signed$/,
    [`- host:${AWS_HOST}`, '- '],
  ],
  [
    'no port',
    { headers: { host: '127.0.0.1' } },
    {},
    /^the host was signed without its port$/,
    ['- host:127.0.0.1'],
  ],
  [
    'a charset that was taken out',
    { headers: { 'content-type': 'application/json; charset=utf-8' } },
    {},
    /charset was taken out of content-type/,
    ['- content-type:application/json; charset=utf-8'],
  ],
  [
    'an empty header',
    { headers: { 'content-type': '' } },
    {},
    /the header content-type was empty/,
    ['- content-type:'],
  ],
])('%s', (_name, signed, sent, because, lines) => {
  const verdict = judge(signed, sent);
  expect(verdict.because).toMatch(because);
  for (const line of lines) expect(verdict.comparison?.split('\n')).toContain(line);
  expect(verdict.comparison).not.toContain(TOKEN);
});

test('what no usual mistake explains is not explained, and marks no line', () => {
  const verdict = judge({ headers: { 'x-amz-date': '20260102T030406Z' } });
  expect(verdict.because).toMatch(/^no usual mistake explains it: the secret is not the one/);
  expect(verdict.comparison).not.toMatch(/^[-+] /m);
});
