import { SigV4Error } from '../errors.ts';

/** A URL in the one form that every hop reads alike. What is sent is the three joined together. */
export interface CanonicalUrl {
  /** `https://api.example.com:8443` */
  readonly origin: string;
  /** Percent-encoded: `/prod/a%20b`. */
  readonly path: string;
  /** With its `?`, percent-encoded, in the caller's order: `?b=2&a=1`; `''` if there is none. */
  readonly search: string;
}

/** The schemes of requests. Links can have others. */
export const HTTP: readonly string[] = ['https:', 'http:'];

/**
 * The origin with which a URL begins, as its text has it. It is only known to be canonical if the
 * URL parser has given the same.
 */
export function originText(url: string): string {
  const authority = url.indexOf('//') + 2;
  const path = url.indexOf('/', authority);
  return path === -1 ? url : url.slice(0, path);
}

/** @throws {SigV4Error} ERR_SIGV4_URL: not absolute, another scheme, or a user name or password */
export function parseUrl(input: URL | string, schemes: readonly string[] = HTTP): URL {
  const text = urlText(input);
  // Node's own error carries the URL, and a URL may carry a password.
  const url = urlOrNone(text);
  if (url === undefined) {
    throw new SigV4Error(
      'ERR_SIGV4_URL',
      'url: expected an absolute URL such as https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders; give the client a base URL, or the call a whole one',
    );
  }
  if (!schemes.includes(url.protocol)) {
    throw new SigV4Error(
      'ERR_SIGV4_URL',
      `url: cannot sign ${url.protocol} requests, only ${schemes.join(' and ')}`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new SigV4Error(
      'ERR_SIGV4_URL',
      'url: holds a user name or password, which would take the place of the signature in the Authorization header; remove them',
    );
  }
  return url;
}

/**
 * @param base what a relative URL is resolved against
 * @returns `undefined` if it is no URL. `URL.canParse` would tell, but Jest's jsdom lacks it.
 */
export function urlOrNone(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** The text of a URL; `''` if it is neither a string nor a URL. */
export function urlText(input: unknown): string {
  if (typeof input === 'string') return input;
  return isUrl(input) ? input.href : '';
}

/** `instanceof` fails for objects of another realm (an iframe, Jest). */
export function isUrl(input: unknown): input is URL {
  return Object.prototype.toString.call(input) === '[object URL]';
}

/**
 * Puts a URL into its canonical form: every character but RFC 3986's unreserved ones is
 * percent-encoded with upper-case digits, and a space is `%20`. Order, repetition and emptiness of
 * query parameters stay as they are. What an earlier signature left in the query is dropped.
 *
 * A `+` in a query becomes `%20`, since that is what forms and URLSearchParams mean by it; a
 * literal plus is written `%2B`. A `%` that starts no escape becomes `%25`.
 *
 * @param text of an absolute URL
 * @param origin of that URL, as the URL parser gives it
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function canonicalUrl(text: string, origin: string): CanonicalUrl {
  const isPlain = text.startsWith(`${origin}/`) && !NOT_PLAIN.test(text);
  const href = isPlain ? text : new URL(text).href;
  const fragment = href.indexOf('#');
  const whole = fragment === -1 ? href : href.slice(0, fragment);
  const query = whole.indexOf('?', origin.length);
  if (query === -1) return { origin, path: encodePath(whole.slice(origin.length)), search: '' };
  return {
    origin,
    path: encodePath(whole.slice(origin.length, query)),
    search: withoutSignature(encodeSearch(whole.slice(query))),
  };
}

/** What the URL parser may change: dot segments, and all but these characters. */
const NOT_PLAIN = /[^A-Za-z0-9\-._~/:?&=%+,;@!$'()*]|\/(?:\.|%2[eE])/;

/**
 * A canonical query as it is signed: sorted by name, then by value, each name with its `=`.
 *
 * @param search canonical, with its `?`, or `''`
 */
export function sortedQuery(search: string): string {
  if (search.length < 2) return '';
  const pairs = search.slice(1).split('&');
  for (let at = 0; at < pairs.length; at += 1) {
    const pair = pairs[at] as string;
    if (!pair.includes('=')) pairs[at] = `${pair}=`;
  }
  return pairs.length === 1 ? (pairs[0] as string) : pairs.toSorted(byNameAndValue).join('&');
}

const EQUALS = 0x3d;

/** Compares texts, but a `=` ends the name and so goes before all else: `a=` before `a-b=`. */
function byNameAndValue(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const ofA = a.charCodeAt(at);
    const ofB = b.charCodeAt(at);
    if (ofA === ofB) continue;
    if (ofA === EQUALS) return -1;
    return ofB === EQUALS ? 1 : ofA - ofB;
  }
  return a.length - b.length;
}

/** Encoded name and value; no value where there was no `=`. */
export type QueryPair = readonly [name: string, value: string | undefined];

/** @param search canonical, with its `?`, or `''` */
export function queryPairs(search: string): QueryPair[] {
  if (search.length < 2) return [];
  return search
    .slice(1)
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals === -1 ? [pair, undefined] : [pair.slice(0, equals), pair.slice(equals + 1)];
    });
}

/** Adds parameters, which are encoded already, to a query. */
export function withParameters(search: string, parameters: string): string {
  if (parameters === '') return search;
  return search.length < 2 ? `?${parameters}` : `${search}&${parameters}`;
}

const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const NOT_OF_A_PATH = /[^A-Za-z0-9\-._~/]/;
const NOT_OF_A_QUERY = /[^A-Za-z0-9\-._~=&]|&&|=[^&]*=|&$|^&/;

function encodePath(raw: string): string {
  if (!NOT_OF_A_PATH.test(raw)) return raw;
  return raw.replace(/%[0-9a-fA-F]{2}|[^A-Za-z0-9\-._~/]/g, encodeFound);
}

function encodeSearch(raw: string): string {
  if (!NOT_OF_A_QUERY.test(raw.slice(1))) return raw;
  const pairs: string[] = [];
  for (const piece of raw.slice(1).split('&')) {
    if (piece === '') continue;
    const equals = piece.indexOf('=');
    pairs.push(
      equals === -1
        ? encodeQuery(piece)
        : `${encodeQuery(piece.slice(0, equals))}=${encodeQuery(piece.slice(equals + 1))}`,
    );
  }
  return `?${pairs.join('&')}`;
}

/** Encodes a name or value of a query, which may be encoded already. */
function encodeQuery(raw: string): string {
  if (UNRESERVED.test(raw)) return raw;
  return raw.replace(/%[0-9a-fA-F]{2}|[^A-Za-z0-9\-._~]/g, (found) =>
    found === '+' ? '%20' : encodeFound(found),
  );
}

/** Encodes one character that the URL parser left, which is ASCII, or an escape anew. */
function encodeFound(found: string): string {
  if (found.length === 1) return percent(found.charCodeAt(0));
  const code = Number.parseInt(found.slice(1), 16);
  const character = String.fromCharCode(code);
  return code < 0x80 && UNRESERVED.test(character) ? character : percent(code);
}

function percent(code: number): string {
  return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Encodes a text that is no part of a URL yet, for use in a query. */
export function encodeText(text: string): string {
  return UNRESERVED.test(text)
    ? text
    : encodeURIComponent(text).replace(/[!'()*]/g, (found) => percent(found.charCodeAt(0)));
}

/**
 * Whether a URL bears a signature: that of SigV4, S3's older one, or that of CloudFront.
 *
 * @param url absolute
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html#RESTAuthenticationQueryStringAuth
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html
 */
export function bearsSignature(url: string): boolean {
  if (!url.includes('Signature=')) return false;
  const query = new URL(url).searchParams;
  if (query.has('X-Amz-Signature')) return true;
  return query.has('Signature') && (query.has('AWSAccessKeyId') || query.has('Key-Pair-Id'));
}

const OF_A_SIGNATURE =
  /^X-Amz-(?:Algorithm|Credential|Date|Region-Set|SignedHeaders|Security-Token|Signature)(?:=|$)/;

function withoutSignature(search: string): string {
  if (!search.includes('X-Amz-')) return search;
  // Without a signature, the lifetime is that of the one to come.
  const isSigned = search.includes('X-Amz-Signature=');
  const pairs = search.slice(1).split('&');
  const left = pairs.filter(
    (pair) => !OF_A_SIGNATURE.test(pair) && !(isSigned && pair.startsWith('X-Amz-Expires=')),
  );
  if (left.length === pairs.length) return search;
  return left.length === 0 ? '' : `?${left.join('&')}`;
}
