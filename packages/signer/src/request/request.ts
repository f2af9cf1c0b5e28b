import { field } from '../check-options.ts';
import { shown, SigV4Error } from '../errors.ts';
import { headerRecord, TOKEN, type GivenHeaders, type HeaderRecord } from './headers.ts';
import { urlText } from './url.ts';

/** A request to be signed. */
export interface SignableRequest {
  /** Any method; it is sent in upper case. */
  readonly method: string;
  /** Absolute, http: or https:. A fragment is dropped. */
  readonly url: URL | string;
  /** Names in any case; repeated headers are joined with a comma, as HTTP allows and AWS's canonical form has it. */
  readonly headers?: GivenHeaders;
  /** The exact bytes; a string means its UTF-8 bytes. */
  readonly body?: Uint8Array | string | undefined;
}

/** A signed request: send exactly this. */
export interface SignedRequest {
  readonly method: string;
  readonly url: string;
  /** The caller's and those of the signature, names in lower case. */
  readonly headers: HeaderRecord;
  readonly body?: Uint8Array | string;
  /** What was signed, for whoever has to find out why a signature does not match. */
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  /** Hexadecimal. */
  readonly signature: string;
}

/** A body that no signature covers, so that the transport hands it on as it is. */
export interface UnreadBody {
  readonly unread: object;
}

/** A body, or a function that reads it. It is called once, only if the request is to be signed. */
export type CapturedBody =
  | Uint8Array
  | string
  | undefined
  | (() => Promise<Uint8Array | string | UnreadBody | undefined>);

/** It is registered, since a client and the signer can be of two copies of this package. */
const CAPTURED = Symbol.for('@sigv4/signer: captured request');

/** What a call is about to send, read while the call is made. */
export class CapturedRequest {
  readonly method: string;
  /** Absolute, as the caller gave it. */
  readonly url: string;
  /** From now on it belongs to the signer, which adds to it. */
  readonly headers: HeaderRecord;
  readonly body: CapturedBody;

  constructor(method: string, url: string, headers: HeaderRecord, body: CapturedBody) {
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.body = body;
  }
}
Object.defineProperty(CapturedRequest.prototype, CAPTURED, {});

/**
 * Reads a request at once, so that what its caller changes later does not count. Bytes are not
 * copied.
 *
 * @throws {TypeError} naming the field
 */
export function captureRequest(request: SignableRequest | CapturedRequest): CapturedRequest {
  if (typeof request !== 'object' || request === null) {
    throw new TypeError('request: expected { method, url, headers?, body? }');
  }
  if (CAPTURED in request) return request as CapturedRequest;
  return new CapturedRequest(
    field(request, 'method') as string,
    urlText(field(request, 'url')),
    headerRecord(field(request, 'headers') as GivenHeaders),
    checkBody(field(request, 'body')),
  );
}

/** @throws {TypeError} if it is no HTTP method */
export function canonicalMethod(method: string): string {
  if (typeof method === 'string' && TOKEN.test(method)) return method.toUpperCase();
  throw new TypeError(`method: expected an HTTP method such as 'GET', got ${shown(method)}`);
}

function checkBody(body: unknown): Uint8Array | string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string' || isBytes(body)) return body;
  throw new SigV4Error(
    'ERR_SIGV4_BODY',
    `body: expected a Uint8Array or a string, got ${Object.prototype.toString.call(body).slice(8, -1)}; read it into bytes first, so that what is signed is what is sent`,
  );
}

/** `instanceof` fails for bytes of another realm (an iframe, Jest). */
export function isBytes(body: unknown): body is Uint8Array {
  return (
    body instanceof Uint8Array ||
    (ArrayBuffer.isView(body) && Object.prototype.toString.call(body) === '[object Uint8Array]')
  );
}
