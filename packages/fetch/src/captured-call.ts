import {
  CapturedRequest,
  contentAtHand,
  emptyRecord,
  readContent,
  urlOrNone,
  type Content,
  type HeaderRecord,
} from '@sigv4/signer/client';

import { snapshotOf } from './snapshot.ts';

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

const HAS_NO_BODY = /^(?:get|head)$/i;

/** What a fetch call said when it was made. Its caller can no longer change any of it. */
export class CapturedCall {
  readonly request: CapturedRequest;
  /** Everything but method, headers and body, of `init`, else of the Request. */
  readonly init: RequestInit;
  readonly signal: AbortSignal | undefined;
  /** The Request that the caller gave, or one that has taken over its body. */
  readonly given: Request | undefined;
  readonly #input: string | undefined;
  readonly #own: RequestInit;
  readonly #headers: Headers;
  /** What has to be read, or handed on, and nobody has taken over yet. */
  #left: BodyInit | Request | undefined;

  /**
   * Copies a call as fetch does: synchronously, before anything is awaited. What `init` says goes
   * before what a Request says, and a body without a content type gets the one that fetch gives it.
   * As with fetch, a Request is used up from then on, and a body in `init` leaves the Request's own
   * unused.
   *
   * @param own the caller's `init`, in an object of our own
   * @throws {TypeError} as fetch does: wrong headers, a body on GET, a used Request, …
   */
  constructor(input: string | URL | Request, own: RequestInit, options: BodyOptions) {
    const url = urlOf(input);
    const { body: ownBody, headers: ownHeaders, method: ownMethod, ...rest } = own;
    const body = hasBody(ownBody) ? snapshotOf(ownBody) : undefined;
    const given = requestOf(input, body !== undefined);
    const method = ownMethod ?? given?.method ?? 'GET';
    if (body !== undefined && HAS_NO_BODY.test(method)) {
      throw new TypeError(`Request with ${method.toUpperCase()} method cannot have body.`);
    }
    // The caller's own signal: a Request that we make has one that Node aborts only as long as
    // somebody holds that Request, and nobody does while fetch waits. `null` leaves the signal out.
    const { signal = (input as Partial<Request>).signal } = rest;
    this.#headers = new Headers(ownHeaders ?? given?.headers);
    const headers = recordOf(this.#headers);
    const setType = (type: string | null): void => {
      if (body !== undefined && type && needsType(headers, type)) headers['content-type'] = type;
    };
    // Some implementations of Request, older browsers' too, do not show whether there is a body.
    const shown = given?.body;
    const hasNone = shown === null || (shown === undefined && HAS_NO_BODY.test(method));
    const source = body ?? (hasNone ? undefined : given);
    const atHand = source === undefined ? undefined : contentAtHand(source);
    if (atHand) setType(atHand.type);
    const isAtHand = source === undefined || atHand !== undefined;
    const read = async (): Promise<Uint8Array | string | { unread: object }> => {
      this.#left = undefined;
      const { bytes, type, unread } = await readBody(source as BodyInit, options, this.signal);
      setType(type);
      this.#left = unread;
      return unread === undefined ? bytes : { unread: unread as object };
    };
    this.request = new CapturedRequest(method, url, headers, isAtHand ? atHand?.bytes : read);
    this.init = given ? { ...fieldsOf(given), signal: signal ?? null, ...defined(rest) } : rest;
    this.signal = signal ?? undefined;
    this.given = given;
    this.#input = typeof input === 'string' ? input : undefined;
    this.#own = body === undefined ? own : { ...own, body };
    this.#left = isAtHand ? undefined : source;
  }

  /** What fetch has to be given to send the call unsigned. */
  unsigned(): [input: string | URL | Request, init: RequestInit] {
    const { given } = this;
    const hasOwnHeaders = Boolean(this.#own.headers);
    const isChanged =
      given && !hasOwnHeaders && textOf(new Headers(given.headers)) !== textOf(this.#headers);
    return [
      given ?? this.#input ?? new URL(this.request.url),
      {
        ...(isChanged && fieldsOf(given)),
        ...(given && this.signal && { signal: this.signal }),
        ...this.#own,
        ...((isChanged || hasOwnHeaders) && { headers: this.#headers }),
      },
    ];
  }

  /** Ends a stream that was to be read or handed on, and was not. */
  async abandon(reason: unknown): Promise<void> {
    if (this.#left === undefined) return;
    // Reading it under an aborted signal cancels it with the reason.
    await readContent(this.#left, 0, { signal: AbortSignal.abort(reason) }).catch(() => {});
  }
}

function textOf(headers: Headers): string {
  return JSON.stringify([...headers]);
}

function recordOf(headers: Headers): HeaderRecord {
  const record = emptyRecord();
  for (const [name, value] of headers) record[name] = value;
  // fetch sends the URL's own host, whatever this header says.
  if ('host' in record) delete record['host'];
  return record;
}

async function readBody(
  source: BodyInit | Request,
  { maxBufferedBytes, payload }: BodyOptions,
  signal: AbortSignal | undefined,
): Promise<Pick<Content, 'bytes' | 'type'> & { readonly unread?: BodyInit | undefined }> {
  const isUnsigned = payload === 'unsigned';
  if (isUnsigned && (source instanceof Blob || isStream(source))) {
    return { bytes: '', type: source instanceof Blob ? source.type : null, unread: source };
  }
  // A Request does not tell whether its body came from a stream. Bytes are better to send: they go
  // out with their length, can be sent again, and need no HTTP/2 in browsers.
  const { bytes, type, rest } = await readContent(source, maxBufferedBytes, {
    signal,
    orRest: isUnsigned,
  });
  return { bytes, type, unread: rest as BodyInit | undefined };
}

/** Async iterables are streams too: Node's fetch takes them. */
function isStream(source: BodyInit | Request): source is ReadableStream {
  return 'getReader' in (source as object) || Symbol.asyncIterator in (source as object);
}

function hasBody(body: BodyInit | null | undefined): body is BodyInit {
  return body !== undefined && body !== null;
}

/** A multipart type without boundary cannot be read by anyone; the body's own has it. */
function needsType(headers: HeaderRecord, type: string): boolean {
  const named = headers['content-type'];
  return (
    named === undefined ||
    (type.startsWith('multipart/form-data') &&
      /^multipart\/form-data\s*(?:;(?!.*boundary=).*)?$/i.test(named))
  );
}

function fieldsOf(request: Request): RequestInit {
  const fields: Record<string, unknown> = {};
  for (const [name, usual] of REQUEST_FIELDS) {
    const value: unknown = request[name];
    // The Request of a page load has the mode 'navigate', which no script may ask for.
    // Other implementations give null for what they do not have.
    if ((value ?? usual) !== usual && value !== 'navigate') fields[name] = value;
  }
  return fields;
}

/** For fetch, `undefined` says nothing, and so leaves what a Request says. */
function defined(init: RequestInit): RequestInit {
  return Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined));
}

/** Browsers resolve a relative URL against the page. */
function urlOf(input: string | URL | Request): string {
  // URLs of other implementations, and whatever else there is, count by their text, as for fetch.
  const text = isRequest(input) ? input.url : ''.concat(input as string);
  const base = globalThis.location?.href;
  return (base && urlOrNone(text, base)?.href) ?? text;
}

/** A Request of another implementation has a URL too, and nothing else that fetch takes has. */
function isRequest(input: string | URL | Request): input is Request {
  return typeof (input as Request).url === 'string';
}

/** Requests of other implementations of fetch cannot be copied, and stay as they are. */
function requestOf(input: string | URL | Request, isBodyReplaced: boolean): Request | undefined {
  if (!isRequest(input)) return undefined;
  const isTaken = input instanceof Request && input.body !== null && !isBodyReplaced;
  return isTaken ? new Request(input) : input;
}
