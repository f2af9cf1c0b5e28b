import { SigV4Error } from './errors.ts';

/** A URL in the one form that every hop reads alike, and what of it is signed. */
export interface CanonicalUrl {
  /** What is sent. */
  readonly href: string;
  /** With the port, unless it is the scheme's default. */
  readonly host: string;
  readonly hostname: string;
  /** First line but one of the canonical request: normalised, encoded twice. */
  readonly canonicalPath: string;
  /** Third line of the canonical request: sorted. */
  readonly canonicalQuery: string;
}

/**
 * Puts a URL into its canonical form: every character but RFC 3986's unreserved ones is
 * percent-encoded with upper-case digits, a space is `%20`. Order, repetition and emptiness of
 * query parameters stay as they are in what is sent.
 *
 * A `+` in a query becomes `%20`, since that is what forms and URLSearchParams mean by it; a
 * literal plus is written `%2B`. A `%` that starts no escape becomes `%25`.
 *
 * @throws {SigV4Error} ERR_SIGV4_URL
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function canonicalUrl(input: URL | string): CanonicalUrl {
  const url = parseUrl(input);
  const path = encodePath(url.pathname);
  const pairs = queryPairs(url.search);
  const query = pairs
    .map(([name, value]) => (value === undefined ? name : `${name}=${value}`))
    .join('&');
  return {
    href: `${url.protocol}//${url.host}${path}${query === '' ? '' : `?${query}`}`,
    host: url.host,
    hostname: url.hostname,
    canonicalPath: encodePath(normalizePath(path), true),
    canonicalQuery: canonicalQuery(pairs),
  };
}

/**
 * @throws {SigV4Error} ERR_SIGV4_URL
 */
export function parseUrl(input: URL | string): URL {
  let url: URL;
  try {
    url = typeof input === 'string' ? new URL(input) : input;
  } catch (cause) {
    throw new SigV4Error(
      'ERR_SIGV4_URL',
      'url: expected an absolute URL such as https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders; give the client a base URL or the call a whole one',
      { cause: withoutInput(cause) },
    );
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new SigV4Error(
      'ERR_SIGV4_URL',
      `url: cannot sign ${url.protocol} requests, only https: and http:`,
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

/** Node's error carries the URL, and a URL may carry a password. */
function withoutInput(cause: unknown): unknown {
  return cause instanceof Error ? new TypeError(cause.message) : cause;
}

/** Encoded name and value; no value where there was no `=`. Nothing between two `&` is no pair. */
type QueryPair = readonly [name: string, value: string | undefined];

function queryPairs(search: string): QueryPair[] {
  const pairs: QueryPair[] = [];
  for (const piece of search.slice(1).split('&')) {
    if (piece === '') continue;
    const equals = piece.indexOf('=');
    pairs.push(
      equals === -1
        ? [encodeQuery(piece), undefined]
        : [encodeQuery(piece.slice(0, equals)), encodeQuery(piece.slice(equals + 1))],
    );
  }
  return pairs;
}

/** Sorted by name, then by value: sorting `name=value` would put `a-b=` before `a=`. */
function canonicalQuery(pairs: readonly QueryPair[]): string {
  return pairs
    .map(([name, value]) => [name, value ?? ''] as const)
    .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}

/** Dot segments are gone since the URL was parsed; empty ones are no part of what is signed. */
function normalizePath(path: string): string {
  return path.includes('//') ? path.replace(/\/{2,}/g, '/') : path;
}

const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const UNRESERVED_PATH = /^[A-Za-z0-9\-._~/]*$/;

function encodeQuery(raw: string): string {
  if (UNRESERVED.test(raw)) return raw;
  return raw.replace(/%[0-9a-fA-F]{2}|[^A-Za-z0-9\-._~]/g, (found) =>
    found === '+' ? '%20' : encodeFound(found),
  );
}

/** @param twice encode the percent signs of escapes too */
function encodePath(raw: string, twice = false): string {
  if (UNRESERVED_PATH.test(raw)) return raw;
  if (twice) return raw.replaceAll('%', '%25');
  return raw.replace(/%[0-9a-fA-F]{2}|[^A-Za-z0-9\-._~/]/g, encodeFound);
}

/** An escape, or one character of what the URL parser leaves: ASCII only. */
function encodeFound(found: string): string {
  if (found.length === 1) return percent(found.charCodeAt(0));
  const code = Number.parseInt(found.slice(1), 16);
  const character = String.fromCharCode(code);
  return code < 0x80 && UNRESERVED.test(character) ? character : percent(code);
}

function percent(code: number): string {
  return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
}
