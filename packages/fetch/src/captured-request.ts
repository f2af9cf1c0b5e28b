import { contentAtHand, readContent, type SignableRequest } from '@sigv4/signer';

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
 * Reads a fetch call the way fetch would: what `init` says goes before what a Request says, and a
 * body without content type gets the one that fetch gives it.
 *
 * A Request's body, and a stream, are read; as with fetch they are used up afterwards.
 *
 * @param headers of the call; changed
 * @returns at once, where the body is at hand
 * @throws {TypeError} as fetch does: a body on GET, one that was used before, …
 * @throws {SigV4Error} ERR_SIGV4_BODY if there is too much to read
 */
export function captureRequest(
  given: Request | undefined,
  url: string,
  headers: Headers,
  init: RequestInit,
  options: BodyOptions,
): CapturedRequest | Promise<CapturedRequest> {
  const { method, headers: _, body, ...rest } = init;
  // fetch sends the URL's own, whatever this says.
  headers.delete('host');
  const usedMethod = method ?? given?.method ?? 'GET';
  const hasBody = body !== undefined && body !== null;
  if (hasBody && /^(?:get|head)$/i.test(usedMethod)) {
    throw new TypeError(`Request with ${usedMethod.toUpperCase()} method cannot have body.`);
  }
  const captured = ({ bytes, type, unread }: Read): CapturedRequest => {
    if (hasBody && type && needsType(headers, type)) headers.set('content-type', type);
    return {
      request: { method: usedMethod, url, headers, body: bytes },
      unread,
      init: given ? { ...fieldsOf(given), ...rest } : rest,
    };
  };
  const source = hasBody ? body : given?.body === null ? undefined : given;
  const atHand = source === undefined ? NOTHING : contentAtHand(source);
  return atHand ? captured(atHand) : read(source as BodyInit | Request, options).then(captured);
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
): Promise<Read> {
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
  const fields: Record<string, unknown> = { signal: request.signal };
  for (const [name, usual] of REQUEST_FIELDS) {
    const value: unknown = request[name];
    // 'navigate' cannot be asked for; a Request of a page load has it.
    if (value !== undefined && value !== usual && value !== 'navigate') fields[name] = value;
  }
  return fields;
}
