import type { Redaction } from '@sigv4/signer/client';

type Bytes = ReadableStream<Uint8Array>;

/** The data of a response, in whatever form its `responseType` asks for. */
export interface AnswerBody {
  /** Reads it, as `Answer.clone()` does; the caller's data stays unread. */
  copy(): { text(): Promise<string>; readonly body?: Bytes };
  /** What the caller gets: the very same data if nothing in it was hidden. */
  handOn(redaction: Redaction | undefined): Promise<unknown>;
  /** Ends a stream that nobody will read. */
  discard(): void;
}

export function bodyOf(data: unknown): AnswerBody {
  if (isWebStream(data))
    return streamedBody(
      data,
      (stream) => stream,
      () => data,
    );
  if (isNodeStream(data)) return nodeBody(data);
  return {
    copy: () => ({ text: async () => textOf(data) }),
    handOn: async (redaction) => (redaction === undefined ? data : redacted(data, redaction)),
    discard: () => {},
  };
}

/** @param source asked for once, when it has to be read */
function streamedBody(
  data: object,
  given: (stream: Bytes) => unknown,
  source: () => Bytes,
): AnswerBody {
  let rest: Bytes | undefined;
  return {
    copy() {
      const [copy, other] = (rest ?? source()).tee();
      rest = other;
      return { text: () => new Response(copy).text(), body: copy };
    },
    async handOn(redaction) {
      if (rest === undefined && redaction === undefined) return data;
      const stream = rest ?? source();
      return given(redaction === undefined ? stream : redaction.stream(stream));
    },
    discard() {
      if (isNodeStream(data)) data.destroy();
      else (rest ?? source()).cancel().catch(() => {});
    },
  };
}

/** Jest's jsdom has no such streams. */
export function isWebStream(data: unknown): data is Bytes {
  return typeof ReadableStream !== 'undefined' && data instanceof ReadableStream;
}

export interface NodeStream {
  emit(event: string, ...values: unknown[]): boolean;
  destroy(): unknown;
  on(event: 'error', listener: () => void): unknown;
}

export function isNodeStream(data: unknown): data is NodeStream {
  return typeof data === 'object' && data !== null && 'pipe' in data && 'emit' in data;
}

interface NodeStreams {
  readonly Readable: {
    toWeb(stream: NodeStream): Bytes;
    fromWeb(stream: Bytes): NodeStream;
  };
}

/**
 * The http adapter gives a stream of Node. That cannot be read twice, so it goes through a stream of
 * the web.
 */
function nodeBody(data: NodeStream): AnswerBody {
  // An import would fail in bundlers for browsers, which know no such module.
  const streams: unknown = globalThis.process?.getBuiltinModule?.('node:stream');
  const { Readable } = (streams ?? {}) as Partial<NodeStreams>;
  if (Readable === undefined) return unreadable(data);
  const given = (stream: Bytes): NodeStream => {
    const again = Readable.fromWeb(stream);
    // Node's own answers do not end the process if they break off unheeded, and neither may this one.
    again.on('error', () => {});
    return again;
  };
  return streamedBody(data, given, () => Readable.toWeb(data));
}

function unreadable(data: NodeStream): AnswerBody {
  return {
    copy: () => {
      throw new TypeError('there is nothing that reads a stream twice');
    },
    handOn: async () => data,
    discard: () => void data.destroy(),
  };
}

async function textOf(data: unknown): Promise<string> {
  if (typeof data === 'string') return data;
  const bytes = viewOf(data);
  if (bytes !== undefined) return new TextDecoder().decode(bytes);
  if (isBlob(data)) return data.text();
  if (isDocument(data)) return new XMLSerializer().serializeToString(data);
  return isJson(data) ? JSON.stringify(data) : '';
}

async function redacted(data: unknown, redaction: Redaction): Promise<unknown> {
  if (typeof data === 'string') return redaction.whole(data);
  const bytes = viewOf(data);
  if (bytes !== undefined) {
    const safe = await redaction.whole(bytes);
    return safe === bytes ? data : inFormOf(data, safe);
  }
  if (isBlob(data)) {
    const given = new Uint8Array(await data.arrayBuffer());
    const safe = await redaction.whole(given);
    return safe === given ? data : new Blob([safe], { type: data.type });
  }
  const text = await textOf(data);
  const safe = await redaction.whole(text);
  if (safe === text) return data;
  return isDocument(data)
    ? new DOMParser().parseFromString(safe, data.contentType as DOMParserSupportedType)
    : (JSON.parse(safe) as unknown);
}

/** In bytes, as Content-Length has it; `undefined` of a stream. */
export async function sizeOf(data: unknown): Promise<number | undefined> {
  if (isWebStream(data) || isNodeStream(data)) return undefined;
  if (isBlob(data)) return data.size;
  // Jest's jsdom has no TextEncoder.
  return viewOf(data)?.byteLength ?? new Blob([await textOf(data)]).size;
}

function viewOf(data: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (!ArrayBuffer.isView(data)) return undefined;
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

function inFormOf(data: unknown, { buffer }: Uint8Array<ArrayBuffer>): unknown {
  if (data instanceof ArrayBuffer) return buffer;
  return 'Buffer' in globalThis ? Buffer.from(buffer) : new Uint8Array(buffer);
}

function isBlob(data: unknown): data is Blob {
  return typeof Blob !== 'undefined' && data instanceof Blob;
}

function isDocument(data: unknown): data is Document {
  return typeof Document !== 'undefined' && data instanceof Document;
}

/** What mocks give: objects and arrays. */
function isJson(data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return false;
  const prototype: unknown = Object.getPrototypeOf(data);
  return Array.isArray(data) || prototype === Object.prototype || prototype === null;
}
