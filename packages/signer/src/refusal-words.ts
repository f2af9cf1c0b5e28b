import { checkCredentials } from './checked-credentials.ts';
import type { Credentials } from './credentials.ts';
import { SigV4Error, type SigV4ErrorCode } from './errors.ts';
import type { Problem } from './refusal.ts';

type Words = readonly [code: SigV4ErrorCode | undefined, text: (...details: string[]) => string];

/** Misuse of the API has no code, and is a `TypeError`. */
const WORDS: Readonly<Record<Exclude<Problem, 'credentials'>, Words>> = {
  request: [undefined, () => 'request: expected { method, url, headers?, body? }'],
  method: [undefined, (got) => `method: expected an HTTP method such as 'GET', got ${got}`],
  headers: [undefined, () => 'headers: expected an object, or name and value pairs'],
  'header-name': [undefined, (name) => `headers: ${name} is not a header name`],
  'header-type': [
    undefined,
    (name, type) => `headers: the value of ${name} is of type ${type}, not a string`,
  ],
  'header-value': [
    undefined,
    (name) => `headers: the value of ${name} holds a line break or NUL, which HTTP does not allow`,
  ],
  'header-ascii': [
    undefined,
    (name) =>
      `headers: the value of ${name}, which is signed, holds a character that is not printable ASCII; clients and servers do not agree on its bytes, so encode it (percent, or RFC 2047 for metadata of S3)`,
  ],
  body: [
    'ERR_SIGV4_BODY',
    (type) =>
      `body: expected a Uint8Array or a string, got ${type}; read it into bytes first, so that what is signed is what is sent`,
  ],
  url: [
    'ERR_SIGV4_URL',
    () =>
      'url: expected an absolute URL such as https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders; give the client a base URL or the call a whole one',
  ],
  scheme: [
    'ERR_SIGV4_URL',
    (scheme, schemes) => `url: cannot sign ${scheme} requests, only ${schemes}`,
  ],
  userinfo: [
    'ERR_SIGV4_URL',
    () =>
      'url: holds a user name or password, which would take the place of the signature in the Authorization header; remove them',
  ],
  'dot-segments': [
    'ERR_SIGV4_URL',
    () =>
      'url: its path has a "." or ".." segment, which no HTTP client sends as it is; name the object otherwise',
  ],
  website: [
    'ERR_SIGV4_URL',
    (hostname) =>
      `url: ${hostname} is a website endpoint of S3, which takes no signatures; use the bucket's REST endpoint, https://{bucket}.s3.{region}.amazonaws.com`,
  ],
  insecure: [
    'ERR_SIGV4_INSECURE',
    (scheme, host) =>
      `url: ${scheme} to ${host} would show the session token and the content to everyone on the way; use https: or wss:, or set allowInsecureHttp: true`,
  ],
  'no-region': [
    'ERR_SIGV4_REGION',
    (host) =>
      `region: ${host} does not tell its AWS region; name it in the options, for example { region: 'eu-west-1' }, or set AWS_REGION`,
  ],
  'region-function': [undefined, () => 'region: the function returned undefined, not a region'],
  'region-set': [
    undefined,
    (region) => `region: '${region}' is a region set, which takes algorithm: 'sigv4a'`,
  ],
  redirects: [
    'ERR_SIGV4_REDIRECT',
    (host, most) => `redirect: ${host} redirected more than ${most} times`,
  ],
  date: [undefined, (ms) => `date: expected a valid Date between 1970 and 9999, got ${ms}`],
};

/** @returns what is thrown to the caller */
export function errorOf(problem: Problem, details: readonly unknown[]): unknown {
  if (problem === 'credentials') return faultOf(details[0] as Credentials);
  const [code, text] = WORDS[problem];
  return code === undefined
    ? new TypeError(text(...(details as string[])))
    : new SigV4Error(code, text(...(details as string[])));
}

function faultOf(credentials: Credentials): unknown {
  try {
    checkCredentials(credentials);
  } catch (error) {
    return error;
  }
  return new SigV4Error(
    'ERR_SIGV4_CREDENTIALS',
    'credentials: they changed while they were read; give new ones in an object of their own',
  );
}
