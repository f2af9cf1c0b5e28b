import { readContent, type SignableRequest } from '@sigv4/signer';

/** A fetch call with its body as exact bytes, and the rest of what the call said. */
export interface CapturedRequest {
  readonly request: SignableRequest;
  /** A body that no signature covers, and that is handed on as it is. */
  readonly unread: BodyInit | undefined;
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

/** What a Request carries beside method, URL, headers and body. */
const REQUEST_FIELDS = [
  'cache',
  'credentials',
  'integrity',
  'keepalive',
  'mode',
  'redirect',
  'referrer',
  'referrerPolicy',
  'signal',
] as const satisfies readonly (keyof Request & keyof RequestInit)[];

/**
 * Reads a fetch call the way fetch would: what `init` says goes before what a Request says, and a
 * body without content type gets the one that fetch gives it.
 *
 * A Request's body, and a stream, are read; as with fetch they are used up afterwards.
 *
 * @throws {TypeError} as fetch does: a body on GET, one that was used before, …
 * @throws {SigV4Error} ERR_SIGV4_BODY if there is too much to read
 */
export async function captureRequest(
  input: RequestInfo | URL,
  url: string,
  init: RequestInit,
  options: BodyOptions,
): Promise<CapturedRequest> {
  const { method, headers, body, ...rest } = init;
  const given = typeof input === 'object' && !(input instanceof URL) ? input : undefined;
  const captured = new Headers(headers ?? given?.headers);
  // fetch sends the URL's own, whatever this says.
  captured.delete('host');
  const usedMethod = method ?? given?.method ?? 'GET';
  const hasBody = body !== undefined && body !== null;
  if (hasBody && /^(?:get|head)$/i.test(usedMethod)) {
    throw new TypeError(`Request with ${usedMethod.toUpperCase()} method cannot have body.`);
  }
  const source = hasBody ? body : given?.body === null ? undefined : given;
  const { bytes, type, unread } = await read(source, options);
  if (hasBody && type && needsType(captured, type)) captured.set('content-type', type);
  return {
    request: { method: usedMethod, url, headers: captured, body: bytes },
    unread,
    init: { ...(given && fieldsOf(given)), ...rest },
  };
}

interface Read {
  readonly bytes?: Uint8Array | string | undefined;
  readonly type?: string | null;
  readonly unread?: BodyInit | undefined;
}

async function read(
  source: BodyInit | Request | undefined,
  { maxBufferedBytes, payload }: BodyOptions,
): Promise<Read> {
  if (source === undefined) return {};
  if (payload === 'unsigned') {
    if (source instanceof Blob) return { type: source.type, unread: source };
    if (isStream(source)) return { unread: source };
    if (isRequest(source) && source.body && !source.bodyUsed) {
      const { bytesOrStream } = await import('./unread-body.ts');
      const start = await bytesOrStream(source.body, maxBufferedBytes);
      return start instanceof Uint8Array ? { bytes: start } : { unread: start };
    }
  }
  return readContent(source, maxBufferedBytes);
}

/** Async iterables too: Node's fetch takes them. */
function isStream(source: BodyInit | Request): source is ReadableStream {
  return typeof source === 'object' && ('getReader' in source || Symbol.asyncIterator in source);
}

function isRequest(source: BodyInit | Request): source is Request {
  return typeof source === 'object' && 'arrayBuffer' in source && 'headers' in source;
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
  const fields: Record<string, unknown> = {};
  for (const name of REQUEST_FIELDS) {
    const value: unknown = request[name];
    // 'navigate' cannot be asked for; a Request of a page load has it.
    if (value !== undefined && value !== 'navigate') fields[name] = value;
  }
  return fields;
}
