import {
  CapturedRequest,
  contentAtHand,
  emptyHeaders,
  readContent,
  type CapturedBody,
} from '@sigv4/signer/client';

/** What a fetch call said when it was made. */
export interface CapturedCall {
  readonly request: CapturedRequest;
  /** Everything but method, headers and body. */
  readonly init: RequestInit;
}

/** How bodies are read. */
export interface BodyOptions {
  /** Of a stream or a Request, in bytes. */
  readonly maxBufferedBytes: number;
  /** Whether the body is part of the signature. */
  readonly payload: 'signed' | 'unsigned' | undefined;
}

/** What a Request carries beside method, URL, headers, body and signal, and what fetch takes anyway. */
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
 * Reads a fetch call the way fetch would, while it is made: what `init` says goes before what a
 * Request says, and a body without content type gets the one that fetch gives it.
 *
 * @throws {TypeError} as fetch does: a body on GET, wrong headers, …
 */
export function captureCall(
  given: Request | undefined,
  url: string,
  plainInit: RequestInit,
  options: BodyOptions,
): CapturedCall {
  const { method = given?.method ?? 'GET', headers, body: own, ...rest } = plainInit;
  const hasBody = own !== undefined && own !== null;
  if (hasBody && /^(?:get|head)$/i.test(method)) {
    throw new TypeError(`Request with ${method.toUpperCase()} method cannot have body.`);
  }
  const record = emptyHeaders();
  for (const [name, value] of new Headers(headers ?? given?.headers)) {
    record[name] = value;
  }
  // fetch sends the URL's own, whatever this says.
  delete record['host'];
  const source = hasBody ? own : given?.body === null ? undefined : given;
  const { body, type } = source === undefined ? NOTHING : bodyOf(source, options);
  const named = record['content-type'];
  if (hasBody && type && needsType(named, type)) record['content-type'] = type;
  return {
    request: new CapturedRequest(method, url, record, body),
    init: given ? { ...fieldsOf(given), ...rest } : rest,
  };
}

interface Body {
  readonly body: CapturedBody;
  readonly type?: string | null;
}

const NOTHING: Body = { body: undefined };

/** Copies what its caller could change, and leaves to be read what cannot be read at once. */
function bodyOf(source: BodyInit | Request, options: BodyOptions): Body {
  if (typeof source === 'string') return { body: source, type: 'text/plain;charset=UTF-8' };
  if (source instanceof URLSearchParams) {
    return {
      body: String(source),
      type: 'application/x-www-form-urlencoded;charset=UTF-8',
    };
  }
  const atHand = contentAtHand(source);
  if (atHand) {
    const bytes = atHand.bytes as Uint8Array;
    return { body: bytes.byteLength > LARGE_BYTES ? bytes : bytes.slice(), type: null };
  }
  if (source instanceof Blob) {
    const read = async (): Promise<Uint8Array> => new Uint8Array(await source.arrayBuffer());
    return {
      body: options.payload === 'unsigned' ? async () => ({ unread: source }) : read,
      type: source.type,
    };
  }
  if (source instanceof FormData) {
    // One object gives the bytes and the type, so that the boundary is the same in both.
    const response = new Response(source);
    return {
      body: async () => new Uint8Array(await response.arrayBuffer()),
      type: response.headers.get('content-type'),
    };
  }
  return { body: () => read(source, options) };
}

/** Larger bytes are not copied; the README says so. */
const LARGE_BYTES = 16_777_216;

async function read(
  source: BodyInit | Request,
  { maxBufferedBytes, payload }: BodyOptions,
): Promise<Uint8Array | string | { unread: object }> {
  if (payload === 'unsigned') {
    if (isStream(source)) return { unread: source };
    if (isRequest(source) && source.body && !source.bodyUsed) {
      const { bytesOrStream } = await import('./unread-body.ts');
      const start = await bytesOrStream(source.body, maxBufferedBytes);
      return start instanceof Uint8Array ? start : { unread: start };
    }
  }
  return (await readContent(source, maxBufferedBytes)).bytes;
}

/** Async iterables too: Node's fetch takes them. */
function isStream(source: BodyInit | Request): source is ReadableStream {
  return typeof source === 'object' && ('getReader' in source || Symbol.asyncIterator in source);
}

function isRequest(source: BodyInit | Request): source is Request {
  return typeof source === 'object' && 'arrayBuffer' in source && 'headers' in source;
}

/** A multipart type without boundary cannot be read by anyone; the body's own has it. */
function needsType(named: string | undefined, type: string): boolean {
  return (
    named === undefined ||
    (type.startsWith('multipart/form-data') &&
      /^multipart\/form-data\s*(?:;(?!.*boundary=).*)?$/i.test(named))
  );
}

function fieldsOf(request: Request): RequestInit {
  const fields: Record<string, unknown> = { signal: request.signal };
  for (const [name, usual] of REQUEST_FIELDS) {
    const value: unknown = request[name];
    // 'navigate' cannot be asked for; a Request of a page load has it.
    if (value !== undefined && value !== usual && value !== 'navigate') fields[name] = value;
  }
  return fields;
}
