import { orAborted } from '../platform/abort.ts';
import type { Content, ReadOptions } from './content.ts';
import { SigV4Error } from '../errors.ts';

/**
 * Reads a body that is neither a string nor bytes.
 *
 * @throws {SigV4Error} ERR_SIGV4_BODY if it is no body, or a stream of more than `limit` bytes;
 *   and whatever reading it throws
 */
export async function readOther(
  body: unknown,
  limit: number,
  options: ReadOptions,
): Promise<Content> {
  const { signal } = options;
  if (isEventedStream(body)) {
    const bytes = await collect(body, limit, signal);
    return { bytes, type: typeOfForm(body), usedUp: true };
  }
  if (isBody(body)) {
    const type = body.headers.get('content-type');
    // arrayBuffer() refuses a body that was used before. Firefox shows no stream, and node-fetch 2
    // shows bytes in its place.
    const isWhole = body.bodyUsed || !isIterableStream(body.body);
    const stream = isWhole ? [await orAborted(body.arrayBuffer(), signal)] : body.body;
    return { ...(await drain(stream as IterableStream, limit, options)), type, usedUp: true };
  }
  if (body instanceof FormData || body instanceof Blob || body instanceof URLSearchParams) {
    // One object gives both the bytes and the type, so that a form's boundary is the same in both.
    const response = new Response(body);
    const type = response.headers.get('content-type');
    const buffer = await orAborted(response.arrayBuffer(), signal);
    return { bytes: new Uint8Array(buffer), type, usedUp: false };
  }
  if (isIterableStream(body)) {
    return { ...(await drain(untouched(body), limit, options)), type: null, usedUp: true };
  }
  throw new SigV4Error(
    'ERR_SIGV4_BODY',
    `body: cannot turn ${Object.prototype.toString.call(body).slice(8, -1)} into bytes to sign; give a string, bytes, a Blob, a form or a stream`,
  );
}

/** What was read of a stream. */
class StreamBuffer {
  readonly chunks: Uint8Array[] = [];
  readonly #limit: number;
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isOver(): boolean {
    return this.#size > this.#limit;
  }

  /** @throws {SigV4Error} ERR_SIGV4_BODY if it is neither text nor bytes */
  add(chunk: unknown): void {
    const bytes = bytesOf(chunk);
    if (bytes === undefined) {
      throw new SigV4Error(
        'ERR_SIGV4_BODY',
        'body: this stream gives something else than bytes or strings; encode what it gives',
      );
    }
    this.#size += bytes.byteLength;
    this.chunks.push(bytes);
  }

  /** @throws {SigV4Error} ERR_SIGV4_BODY */
  refuseMore(): void {
    if (!this.isOver) return;
    throw new SigV4Error(
      'ERR_SIGV4_BODY',
      `body: this stream holds more than ${this.#limit} bytes, and has to be read whole to be signed; raise maxBufferedBytes, or set payload: 'unsigned' where the service takes it, or sign it chunk by chunk for S3 with signChunkedUpload() of @sigv4/signer`,
    );
  }

  concat(): Uint8Array {
    const [only] = this.chunks;
    // A Request mostly gives all of its bytes in one chunk.
    if (only?.byteLength === this.#size) return only;
    const bytes = new Uint8Array(this.#size);
    let offset = 0;
    for (const chunk of this.chunks) {
      bytes.set(chunk, offset);
      offset += chunk.byteLength;
    }
    return bytes;
  }
}

function bytesOf(chunk: unknown): Uint8Array | undefined {
  if (typeof chunk === 'string') return new TextEncoder().encode(chunk);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (!ArrayBuffer.isView(chunk)) return undefined;
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

function isBody(body: unknown): body is Request | Response {
  return typeof body === 'object' && body !== null && 'arrayBuffer' in body && 'headers' in body;
}

type IterableStream = ReadableStream<unknown> | AsyncIterable<unknown> | Iterable<unknown>;

function isIterableStream(body: unknown): body is ReadableStream<unknown> | AsyncIterable<unknown> {
  return (
    typeof body === 'object' &&
    body !== null &&
    ('getReader' in body || Symbol.asyncIterator in body)
  );
}

/** `Response` refuses a stream that was read before; nothing more would come of it. */
function untouched(stream: IterableStream): IterableStream {
  return 'getReader' in stream ? (new Response(stream as ReadableStream).body ?? stream) : stream;
}

type Drained = Pick<Content, 'bytes' | 'rest'>;

/** Reads a stream to its end. Whatever goes wrong stops the stream too. */
async function drain(
  stream: IterableStream,
  limit: number,
  { signal, orRest }: ReadOptions,
): Promise<Drained> {
  const buffer = new StreamBuffer(limit);
  const source = sourceOf(stream);
  try {
    for (;;) {
      const { done, value } = await orAborted(source.next(), signal);
      if (done) return { bytes: buffer.concat() };
      buffer.add(value);
      if (orRest && buffer.isOver) return { bytes: '', rest: restOf(buffer.chunks, source) };
      buffer.refuseMore();
    }
  } catch (error) {
    await source.stop(error);
    throw error;
  }
}

/** What was read of a stream, and what follows. */
function restOf(chunks: Uint8Array[], source: Source): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = chunks.length > 0 ? { value: chunks.shift() } : await source.next();
      if (done) controller.close();
      else controller.enqueue(value as Uint8Array<ArrayBuffer>);
    },
    cancel: (reason) => source.stop(reason),
  });
}

interface Source {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>;
  /** Tells the stream that nobody reads it any more, and does not wait for what it does then. */
  stop(reason: unknown): Promise<void>;
}

/** Not every browser can iterate over a stream, so a stream of the web is read by its reader. */
function sourceOf(stream: IterableStream): Source {
  if (!('getReader' in stream)) {
    const iterator =
      Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]();
    const end = async (): Promise<unknown> => iterator.return?.();
    return {
      next: async () => iterator.next(),
      stop: async () => void end().catch(() => {}),
    };
  }
  const reader = stream.getReader();
  let first: unknown;
  let reading: Promise<unknown> | undefined;
  const next = async (): Promise<ReadableStreamReadResult<unknown>> => {
    const read = await reader.read();
    first ??= read.value;
    return read;
  };
  return {
    next() {
      const read = next();
      reading = read;
      return read;
    },
    async stop(reason) {
      // Only its first chunk tells a form, and a form has that at once. Node 26's fetch ends the
      // process if a stream that it made is cancelled while it asks its source for more.
      if (first === undefined) await Promise.race([reading ?? next(), turn()]).catch(() => {});
      await turn();
      if (!isForm(first)) void reader.cancel(reason).catch(() => {});
    },
  };
}

/** A turn of the event loop. Timers wait for longer than Node's own way to ask for one. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

const FORM = '------formdata-undici-';

/**
 * Whether this is the first chunk of a form that Node made a stream of. Such a stream must be left
 * alone instead of cancelled: Node 24 and later go on writing into it, and the error that causes
 * can be caught by nobody and ends the process. Node writes all of the form anyway, so leaving the
 * stream unread holds nothing open.
 */
function isForm(chunk: unknown): boolean {
  const start = bytesOf(chunk)?.subarray(0, FORM.length);
  return start !== undefined && new TextDecoder().decode(start) === FORM;
}

/** A stream of Node. Old ones, such as form-data's, have nothing but events. */
interface EventedStream {
  on(event: string, listener: (value: never) => void): unknown;
  pipe: unknown;
  resume?(): unknown;
  destroy?(): unknown;
  readonly readableEnded?: boolean;
  readonly destroyed?: boolean;
  getHeaders?(): Record<string, string>;
}

function isEventedStream(body: unknown): body is EventedStream {
  return typeof body === 'object' && body !== null && 'on' in body && 'pipe' in body;
}

/** A form of the form-data package knows its own boundary. */
function typeOfForm(stream: EventedStream): string | null {
  return stream.getHeaders?.()['content-type'] ?? null;
}

async function collect(
  stream: EventedStream,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  // Such a stream emits nothing any more, so that we would wait for ever.
  if (stream.readableEnded || stream.destroyed) {
    throw new SigV4Error(
      'ERR_SIGV4_BODY',
      'body: this stream has been read or destroyed before; give a new one',
    );
  }
  const buffer = new StreamBuffer(limit);
  const ended = new Promise<void>((resolve, reject) => {
    stream.on('data', (chunk: unknown) => {
      try {
        buffer.add(chunk);
        buffer.refuseMore();
      } catch (error) {
        reject(error);
      }
    });
    stream.on('end', resolve);
    stream.on('error', reject);
    stream.on('close', () =>
      reject(new SigV4Error('ERR_SIGV4_BODY', 'body: the stream closed before its end')),
    );
    stream.resume?.();
  });
  try {
    await orAborted(ended, signal);
  } catch (error) {
    stream.destroy?.();
    throw error;
  }
  return buffer.concat();
}
