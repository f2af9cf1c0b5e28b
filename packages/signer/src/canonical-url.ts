import { refuse } from './refusal.ts';

/** A URL in the one form that every hop reads alike. */
export interface CanonicalUrl {
  /** With `//`: `https://api.example.com:8443`. */
  readonly origin: string;
  /** With the port, unless it is the scheme's default. */
  readonly host: string;
  readonly hostname: string;
  readonly path: string;
  readonly query: readonly QueryPair[];
}

/** Encoded name and value; no value where there was no `=`. Nothing between two `&` is no pair. */
export type QueryPair = readonly [name: string, value: string | undefined];

/**
 * Puts a URL into its canonical form: every character but RFC 3986's unreserved ones is
 * percent-encoded with upper-case digits, a space is `%20`. Order, repetition and emptiness of
 * query parameters stay as they are in what is sent.
 *
 * A `+` in a query becomes `%20`, since that is what forms and URLSearchParams mean by it; a
 * literal plus is written `%2B`. A `%` that starts no escape becomes `%25`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function canonicalUrl(url: URL): CanonicalUrl {
  return {
    origin: `${url.protocol}//${url.host}`,
    host: url.host,
    hostname: url.hostname,
    path: encodePath(url.pathname),
    query: queryPairs(url.search),
  };
}

/** What is sent. */
export function hrefOf({ origin, path }: CanonicalUrl, query: readonly QueryPair[]): string {
  let text = '';
  for (const [name, value] of query) {
    text += text === '' ? '?' : '&';
    text += value === undefined ? name : `${name}=${value}`;
  }
  return origin + path + text;
}

/** @param schemes those that can be signed here */
export function parseUrl(input: URL | string, schemes: readonly string[] = HTTP): URL {
  let url: URL;
  try {
    if (typeof input === 'string') url = new URL(input);
    else url = isUrl(input) ? input : refuse('url');
  } catch {
    // Node's error carries the URL, and a URL may carry a password.
    refuse('url');
  }
  if (!schemes.includes(url.protocol)) refuse('scheme', url.protocol, schemes.join(' and '));
  if (url.username !== '' || url.password !== '') refuse('userinfo');
  return url;
}

/** Of any realm. */
export function isUrl(input: unknown): input is URL {
  return Object.prototype.toString.call(input) === '[object URL]';
}

const HTTP: readonly string[] = ['https:', 'http:'];

function queryPairs(search: string): QueryPair[] {
  const pairs: QueryPair[] = [];
  if (search.length < 2) return pairs;
  const encode = UNRESERVED_QUERY.test(search) ? asItIs : encodeQuery;
  for (const piece of search.slice(1).split('&')) {
    if (piece === '') continue;
    const equals = piece.indexOf('=');
    pairs.push(
      equals === -1
        ? [encode(piece), undefined]
        : [encode(piece.slice(0, equals)), encode(piece.slice(equals + 1))],
    );
  }
  return pairs;
}

function asItIs(piece: string): string {
  return piece;
}

/** Names and values of nothing but unreserved characters, and no `=` in a value. */
const UNRESERVED_QUERY = /^\?(?:[A-Za-z0-9\-._~]*(?:=[A-Za-z0-9\-._~]*)?(?:&|$))*$/;
const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const UNRESERVED_PATH = /^[A-Za-z0-9\-._~/]*$/;

/** A name or value of a query, raw or encoded already. */
function encodeQuery(raw: string): string {
  if (UNRESERVED.test(raw)) return raw;
  return raw.replace(/%[0-9a-fA-F]{2}|[^A-Za-z0-9\-._~]/g, (found) =>
    found === '+' ? '%20' : encodeFound(found),
  );
}

function encodePath(raw: string): string {
  if (UNRESERVED_PATH.test(raw)) return raw;
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

/** A text that is no part of a URL yet, as a query has it. */
export function encodeText(text: string): string {
  return UNRESERVED.test(text)
    ? text
    : encodeURIComponent(text).replace(/[!'()*]/g, (found) => percent(found.charCodeAt(0)));
}
