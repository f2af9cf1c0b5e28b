import type { Content } from './content.ts';
import { SigV4Error } from '../errors.ts';

/**
 * Reads a body that is neither a string nor bytes.
 *
 * @throws {SigV4Error} ERR_SIGV4_BODY if it is no body, or a stream of more than `limit` bytes;
 *   and whatever reading it throws
 */
export async function readOther(body: unknown, limit: number): Promise<Content> {
  const buffer = new StreamBuffer(limit);
  if (isEventedStream(body)) {
    await collect(body, buffer);
    return { bytes: buffer.concat(), type: typeOfForm(body), usedUp: true };
  }
  if (isBody(body)) {
    const type = body.headers.get('content-type');
    // One that was used before is refused by arrayBuffer(); Firefox shows no stream.
    if (body.bodyUsed || !body.body) buffer.add(new Uint8Array(await body.arrayBuffer()));
    else await drain(body.body, buffer);
    return { bytes: buffer.concat(), type, usedUp: true };
  }
  if (body instanceof FormData || body instanceof Blob || body instanceof URLSearchParams) {
    // One object gives the bytes and the type, so that a form's boundary is the same in both.
    const response = new Response(body);
    const type = response.headers.get('content-type');
    return { bytes: new Uint8Array(await response.arrayBuffer()), type, usedUp: false };
  }
  if (isIterableStream(body)) {
    await drain(untouched(body), buffer);
    return { bytes: buffer.concat(), type: null, usedUp: true };
  }
  throw new SigV4Error(
    'ERR_SIGV4_BODY',
    `body: cannot turn ${Object.prototype.toString.call(body).slice(8, -1)} into bytes to sign; give a string, bytes, a Blob, a form or a stream`,
  );
}

/** What was read of a stream. */
class StreamBuffer {
  readonly #chunks: Uint8Array[] = [];
  readonly #limit: number;
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws {SigV4Error} ERR_SIGV4_BODY if it is no text nor bytes, or one too many */
  add(chunk: unknown): void {
    const bytes = bytesOf(chunk);
    if (bytes === undefined) {
      throw new SigV4Error(
        'ERR_SIGV4_BODY',
        'body: this stream gives something else than bytes or strings; encode what it gives',
      );
    }
    this.#size += bytes.byteLength;
    if (this.#size > this.#limit) {
      throw new SigV4Error(
        'ERR_SIGV4_BODY',
        `body: this stream holds more than ${this.#limit} bytes, and has to be read whole to be signed; raise maxBufferedBytes, or set payload: 'unsigned' where the service takes it, or sign it chunk by chunk for S3 with signChunkedUpload() of @sigv4/signer`,
      );
    }
    this.#chunks.push(bytes);
  }

  concat(): Uint8Array {
    const [only] = this.#chunks;
    // A Request gives all of its bytes at once.
    if (only?.byteLength === this.#size) return only;
    const bytes = new Uint8Array(this.#size);
    let offset = 0;
    for (const chunk of this.#chunks) {
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

type IterableStream = ReadableStream<unknown> | AsyncIterable<unknown>;

function isIterableStream(body: unknown): body is IterableStream {
  return (
    typeof body === 'object' &&
    body !== null &&
    ('getReader' in body || Symbol.asyncIterator in body)
  );
}

/** A Response refuses one that was read before, of which nothing more would come. */
function untouched(stream: IterableStream): IterableStream {
  return 'getReader' in stream ? (new Response(stream as ReadableStream).body ?? stream) : stream;
}

/** Not every browser can iterate over a stream. A fault ends the stream too. */
async function drain(stream: IterableStream, into: StreamBuffer): Promise<void> {
  if (!('getReader' in stream)) {
    for await (const chunk of stream) into.add(chunk);
    return;
  }
  const reader = stream.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      into.add(read.value);
    }
  } catch (error) {
    reader.cancel(error).catch(() => {});
    throw error;
  }
}

/** Of Node: events are what old streams have too, form-data's among them. */
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

/** The form-data package knows its own boundary. */
function typeOfForm(stream: EventedStream): string | null {
  return stream.getHeaders?.()['content-type'] ?? null;
}

function collect(stream: EventedStream, into: StreamBuffer): Promise<void> {
  // It would emit nothing any more, and be waited for in vain.
  if (stream.readableEnded || stream.destroyed) {
    throw new SigV4Error(
      'ERR_SIGV4_BODY',
      'body: this stream has been read or destroyed before; give a new one',
    );
  }
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: unknown) => {
      try {
        into.add(chunk);
      } catch (error) {
        reject(error);
        stream.destroy?.();
      }
    });
    stream.on('end', resolve);
    stream.on('error', reject);
    stream.on('close', () =>
      reject(new SigV4Error('ERR_SIGV4_BODY', 'body: the stream closed before its end')),
    );
    stream.resume?.();
  });
}
