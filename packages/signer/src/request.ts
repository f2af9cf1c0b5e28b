import { BoundedCache } from './bounded-cache.ts';
import { refuse } from './refusal.ts';

/** A request to be signed. */
export interface SignableRequest {
  /** Any method; sent in upper case. */
  readonly method: string;
  /** Absolute, http: or https:. A fragment is dropped. */
  readonly url: URL | string;
  /** In any case; repeated ones are joined with a comma, as HTTP allows and AWS's canonical form has it. */
  readonly headers?:
    | Iterable<readonly [string, string]>
    | Readonly<Record<string, string | readonly string[] | undefined>>
    | undefined;
  /** The exact bytes; a string means its UTF-8 bytes. */
  readonly body?: Uint8Array | string | undefined;
}

/** What one call can say for itself. */
export interface SignOptions {
  /** Sign for this moment instead of now. */
  readonly date?: Date;
  readonly service?: string;
  readonly region?: string;
  /** Sign these headers too, if the request has them. */
  readonly signHeaders?: readonly string[];
  /** Whether the body is part of the signature. */
  readonly payload?: 'signed' | 'unsigned';
  /** How long a signature in the query is good, in seconds: 1 to 604,800. Default: 300. */
  readonly expiresIn?: number;
}

/** What a presigned URL can say for itself; `expiresIn` is 900 by default. */
export type PresignOptions = SignOptions;

/** A signed request: send exactly this. */
export interface SignedRequest {
  readonly method: string;
  readonly url: string;
  /** The caller's and those of the signature, names in lower case. */
  readonly headers: Record<string, string>;
  readonly body?: Uint8Array | string;
  /** For whoever has to find out why a signature does not match. */
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  /** Hexadecimal. */
  readonly signature: string;
}

/** Header names in lower case → values. A Map, so that no name can reach a prototype. */
export type HeaderMap = Map<string, string>;

/** A value in an error message: short, and never an object's content. */
export function show(value: unknown): string {
  if (Array.isArray(value)) {
    // One level: an array can be in itself.
    return `[${value
      .slice(0, 9)
      .map((item) => (Array.isArray(item) ? 'an array' : show(item)))
      .join(', ')}]`;
  }
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

/** A method or a header name: RFC 9110 5.6.2. */
export const TOKEN: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export function canonicalMethod(method: string): string {
  return typeof method === 'string' && TOKEN.test(method)
    ? method.toUpperCase()
    : refuse('method', show(method));
}

/** @param without names in lower case */
export function headerMap(
  headers: SignableRequest['headers'],
  without: ReadonlySet<string>,
): HeaderMap {
  const map: HeaderMap = new Map();
  if (headers === undefined || headers === null) return map;
  if (typeof headers !== 'object') refuse('headers');
  if (Symbol.iterator in headers) {
    for (const entry of headers) {
      if (!Array.isArray(entry) || entry.length !== 2) refuse('headers');
      addHeaders(map, without, entry[0], entry[1]);
    }
  } else {
    for (const name of Object.keys(headers)) addHeaders(map, without, name, headers[name]);
  }
  return map;
}

function addHeaders(
  map: HeaderMap,
  without: ReadonlySet<string>,
  name: unknown,
  value: unknown,
): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) for (const item of value) addHeader(map, without, name, item);
  else addHeader(map, without, name, value);
}

function addHeader(
  map: HeaderMap,
  without: ReadonlySet<string>,
  name: unknown,
  given: unknown,
): void {
  const key = lowerCase(name);
  const value = typeof given === 'number' || typeof given === 'boolean' ? String(given) : given;
  if (typeof value !== 'string') refuse('header-type', key, typeof value);
  // oxlint-disable-next-line no-control-regex -- these are what RFC 9110 5.5 forbids
  if (/[\0\r\n]/.test(value)) refuse('header-value', key);
  if (without.has(key)) return;
  const before = map.get(key);
  // A list is joined by a comma, cookies by what RFC 6265 5.4 says.
  const comma = key === 'cookie' ? '; ' : ',';
  map.set(key, before === undefined ? trimmed(value) : before + comma + trimmed(value));
}

/** Spaces and tabs around a value are none of it (RFC 9110 5.5), and every receiver drops them. */
function trimmed(value: string): string {
  let start = 0;
  let end = value.length;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end -= 1;
  while (start < end && isBlank(value.charCodeAt(start))) start += 1;
  return end - start === value.length ? value : value.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Most requests have the same header names. */
const lowerCaseNames = new BoundedCache<string>(256);

function lowerCase(name: unknown): string {
  return typeof name === 'string'
    ? lowerCaseNames.get(name, checkedName)
    : refuse('header-name', show(name));
}

function checkedName(name: string): string {
  return TOKEN.test(name) ? name.toLowerCase() : refuse('header-name', show(name));
}

export function checkBody(body: unknown): Uint8Array | string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string' || isBytes(body)) return body;
  return refuse('body', Object.prototype.toString.call(body).slice(8, -1));
}

/** Of any realm. */
export function isBytes(body: unknown): body is Uint8Array {
  return (
    body instanceof Uint8Array ||
    (ArrayBuffer.isView(body) && Object.prototype.toString.call(body) === '[object Uint8Array]')
  );
}
