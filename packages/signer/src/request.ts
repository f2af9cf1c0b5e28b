import { SigV4Error } from './errors.ts';

/** A request to be signed. */
export interface SignableRequest {
  /** Any method; sent in upper case. */
  readonly method: string;
  /** Absolute, http: or https:. A fragment is dropped. */
  readonly url: URL | string;
  /** In any case; repeated ones are joined with a comma, as HTTP allows. */
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
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

/** A method or a header name: RFC 9110 5.6.2. */
export const TOKEN: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * @throws {TypeError} if it is not an HTTP method
 */
export function canonicalMethod(method: string): string {
  if (typeof method !== 'string' || !TOKEN.test(method)) {
    throw new TypeError(`method: expected an HTTP method such as 'GET', got ${show(method)}`);
  }
  return method.toUpperCase();
}

/**
 * @param without names in lower case
 * @throws {TypeError} a name or value that HTTP does not allow
 */
export function headerMap(
  headers: SignableRequest['headers'],
  without: ReadonlySet<string>,
): HeaderMap {
  const map: HeaderMap = new Map();
  if (headers === undefined || headers === null) return map;
  if (typeof headers !== 'object') throw noHeaders();
  for (const entry of Symbol.iterator in headers ? headers : Object.entries(headers)) {
    if (!Array.isArray(entry) || entry.length !== 2) throw noHeaders();
    const [name, value] = entry as readonly [unknown, unknown];
    if (value === undefined || value === null) continue;
    if (Array.isArray(value)) for (const item of value) addHeader(map, without, name, item);
    else addHeader(map, without, name, value);
  }
  return map;
}

/** What was given instead can hold a secret. */
function noHeaders(): TypeError {
  return new TypeError('headers: expected an object, or name and value pairs');
}

function addHeader(
  map: HeaderMap,
  without: ReadonlySet<string>,
  name: unknown,
  given: unknown,
): void {
  if (typeof name !== 'string' || !TOKEN.test(name)) {
    throw new TypeError(`headers: ${show(name)} is not a header name`);
  }
  if (typeof given !== 'string' && typeof given !== 'number' && typeof given !== 'boolean') {
    throw new TypeError(`headers: the value of ${name} is of type ${typeof given}, not a string`);
  }
  const value = String(given);
  // oxlint-disable-next-line no-control-regex -- these are what RFC 9110 5.5 forbids
  if (/[\0\r\n]/.test(value)) {
    throw new TypeError(
      `headers: the value of ${name} holds a line break or NUL, which HTTP does not allow`,
    );
  }
  const key = name.toLowerCase();
  if (without.has(key)) return;
  const before = map.get(key);
  map.set(key, before === undefined ? value : `${before}, ${value}`);
}

/**
 * @throws {SigV4Error} ERR_SIGV4_BODY if it is neither bytes nor a string
 */
export function checkBody(body: unknown): Uint8Array | string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  throw new SigV4Error(
    'ERR_SIGV4_BODY',
    `body: expected a Uint8Array or a string, got ${Object.prototype.toString.call(body).slice(8, -1)}; read it into bytes first, so that what is signed is what is sent`,
  );
}
