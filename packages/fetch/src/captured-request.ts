import { contentAtHand, readContent, type SignableRequest } from '@sigv4/signer';

import { snapshotOf } from './snapshot.ts';

/** What a fetch call said when it was made. Its caller can no longer change any of it. */
export interface CapturedCall {
  readonly url: string;
  readonly input: URL | string | Request;
  /** Without a prototype, so that nothing is read that the caller did not give. */
  readonly init: RequestInit;
  /** Those of `init`, else those of the Request. */
  readonly headers: Headers;
  /** The Request that was given, or one that has taken over its body. */
  readonly request: Request | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A call whose body is exact bytes, and the rest of what it said. */
export interface CapturedRequest {
  readonly request: SignableRequest;
  /** A body that no signature covers, and that is handed on as it is. */
  readonly unread: BodyInit | undefined;
  /** Everything but method, headers and body. */
  readonly init: RequestInit;
  readonly signal: AbortSignal | undefined;
  /** The Request that the caller gave, if this realm's `Request` takes it. */
  readonly given: Request | undefined;
}

/** How bodies are read. */
export interface BodyOptions {
  /** How many bytes a stream or a Request may hold. */
  readonly maxBufferedBytes: number;
  /** Whether the body is part of the signature. */
  readonly payload: 'signed' | 'unsigned' | undefined;
}

/** Further fields of a Request, each with the value that fetch takes if the field is missing. */
const REQUEST_FIELDS = [
  ['cache', 'default'],
  ['credentials', 'same-origin'],
  ['integrity', ''],
  ['keepalive', false],
  ['mode', 'cors'],
  ['redirect', 'follow'],
  ['referrer', 'about:client'],
  ['referrerPolicy', ''],
] as const satisfies readonly (readonly [keyof Request & keyof RequestInit, unknown])[];

/**
 * Copies a call as fetch does: synchronously, before anything is awaited. As with fetch, a Request
 * is used up from then on, and a body in `init` leaves the Request's own unused.
 *
 * @throws {TypeError} as fetch does: wrong headers, a Request that was used before, …
 */
export function captureCall(given: RequestInfo | URL, init: RequestInit): CapturedCall {
  const url = urlOf(given);
  const own = { __proto__: null, ...init } as RequestInit;
  if (own.headers) own.headers = new Headers(own.headers);
  if (hasBody(own.body)) own.body = snapshotOf(own.body);
  const request = requestOf(given, hasBody(own.body));
  const input = request ?? (given instanceof URL ? new URL(url) : (given as string));
  const headers = new Headers(own.headers ?? request?.headers);
  // `null` is a caller's way to leave out the signal of the Request.
  const signal = (own.signal === undefined ? request?.signal : own.signal) ?? undefined;
  return { url, input, init: own, headers, request, signal };
}

/** What fetch has to be given to send a call unsigned. */
export function unsignedCall({
  input,
  init,
  headers,
  request,
}: CapturedCall): [input: RequestInfo | URL, init: RequestInit] {
  const isChanged =
    request && !init.headers && textOf(new Headers(request.headers)) !== textOf(headers);
  return [input, isChanged ? { ...fieldsOf(request), ...init, headers } : { ...init }];
}

function textOf(headers: Headers): string {
  return JSON.stringify([...headers]);
}

/**
 * Reads the body of a call that is to be signed. What `init` says goes before what a Request says,
 * and a body without a content type gets the one that fetch gives it.
 *
 * @returns at once, if the body is a string or bytes
 * @throws {TypeError} as fetch does: a body on GET, …
 * @throws {SigV4Error} ERR_SIGV4_BODY if there is too much to read
 */
export function readCall(
  { url, request: given, headers, init, signal }: CapturedCall,
  options: BodyOptions,
): CapturedRequest | Promise<CapturedRequest> {
  const { method = given?.method ?? 'GET', headers: _, body, ...rest } = init;
  // fetch sends the URL's own host, whatever this header says.
  headers.delete('host');
  if (hasBody(body) && /^(?:get|head)$/i.test(method)) {
    throw new TypeError(`Request with ${method.toUpperCase()} method cannot have body.`);
  }
  const captured = ({ bytes, type, unread }: Read): CapturedRequest => {
    if (hasBody(body) && type && needsType(headers, type)) headers.set('content-type', type);
    return {
      request: { method, url, headers, body: bytes },
      unread,
      init: given ? { ...fieldsOf(given), ...defined(rest) } : rest,
      signal,
      given: given instanceof Request ? given : undefined,
    };
  };
  const source = hasBody(body) ? body : given?.body === null ? undefined : given;
  const atHand = source === undefined ? NOTHING : contentAtHand(source);
  return atHand
    ? captured(atHand)
    : read(source as BodyInit | Request, options, signal).then(captured);
}
interface Read {
  readonly bytes?: Uint8Array | string | undefined;
  readonly type?: string | null;
  readonly unread?: BodyInit | undefined;
}

const NOTHING: Read = {};

async function read(
  source: BodyInit | Request,
  { maxBufferedBytes, payload }: BodyOptions,
  signal: AbortSignal | undefined,
): Promise<Read> {
  const isUnsigned = payload === 'unsigned';
  if (isUnsigned && source instanceof Blob) return { type: source.type, unread: source };
  if (isUnsigned && isStream(source)) return { unread: source };
  // A Request does not tell whether its body came from a stream. Bytes are better to send: they go
  // out with their length, can be sent again, and need no HTTP/2 in browsers.
  const { bytes, type, rest } = await readContent(source, maxBufferedBytes, {
    signal,
    orRest: isUnsigned,
  });
  return rest ? { type, unread: rest } : { bytes, type };
}

/** Async iterables are streams too: Node's fetch takes them. */
function isStream(source: BodyInit | Request): source is ReadableStream {
  return typeof source === 'object' && ('getReader' in source || Symbol.asyncIterator in source);
}

function hasBody(body: BodyInit | null | undefined): body is BodyInit {
  return body !== undefined && body !== null;
}

/** A multipart type without boundary cannot be read by anyone; the body's own has it. */
function needsType(headers: Headers, type: string): boolean {
  const named = headers.get('content-type');
  return (
    named === null ||
    (type.startsWith('multipart/form-data') &&
      /^multipart\/form-data\s*(?:;(?!.*boundary=).*)?$/i.test(named))
  );
}

function fieldsOf(request: Request): RequestInit {
  const fields: Record<string, unknown> = { signal: request.signal };
  for (const [name, usual] of REQUEST_FIELDS) {
    const value: unknown = request[name];
    // The Request of a page load has the mode 'navigate', which no script may ask for.
    if (value !== undefined && value !== usual && value !== 'navigate') fields[name] = value;
  }
  return fields;
}

/** For fetch, `undefined` says nothing, and so leaves what a Request says. */
function defined(init: RequestInit): RequestInit {
  return Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined));
}

/** Browsers resolve a relative URL against the page. */
function urlOf(input: RequestInfo | URL): string {
  if (input instanceof URL) return input.href;
  const text = typeof input === 'string' ? input : input.url;
  const base = globalThis.location?.href;
  return base !== undefined && URL.canParse(text, base) ? new URL(text, base).href : text;
}

/** Requests of other implementations of fetch cannot be copied, and stay as they are. */
function requestOf(input: RequestInfo | URL, isBodyReplaced: boolean): Request | undefined {
  if (typeof input !== 'object' || input instanceof URL) return undefined;
  const isTaken = input instanceof Request && input.body !== null && !isBodyReplaced;
  return isTaken ? new Request(input) : input;
}
