import type { Content } from './content.ts';
import { SigV4Error } from './errors.ts';

/**
 * Reads a body that is neither a string nor bytes.
 *
 * @throws {SigV4Error} ERR_SIGV4_BODY if it is no body; and whatever reading it throws
 */
export async function readOther(body: unknown): Promise<Content> {
  if (isEventedStream(body)) {
    return { bytes: await collect(body), type: typeOfForm(body), usedUp: true };
  }
  if (isBody(body)) return readBody(body, true);
  if (body instanceof FormData || body instanceof Blob || body instanceof URLSearchParams) {
    // One object gives the bytes and the type, so that a form's boundary is the same in both.
    return readBody(new Response(body), false);
  }
  if (isIterableStream(body)) {
    return readBody(new Response(body as ReadableStream<Uint8Array>), true);
  }
  throw new SigV4Error(
    'ERR_SIGV4_BODY',
    `body: cannot turn ${Object.prototype.toString.call(body).slice(8, -1)} into bytes to sign; give a string, bytes, a Blob, a form or a stream`,
  );
}

async function readBody(body: Request | Response, usedUp: boolean): Promise<Content> {
  const type = body.headers.get('content-type');
  return { bytes: new Uint8Array(await body.arrayBuffer()), type, usedUp };
}

function isBody(body: unknown): body is Request | Response {
  return typeof body === 'object' && body !== null && 'arrayBuffer' in body && 'headers' in body;
}

function isIterableStream(body: unknown): boolean {
  return (
    typeof body === 'object' &&
    body !== null &&
    ('getReader' in body || Symbol.asyncIterator in body)
  );
}

/** Of Node: events are what old streams have too, form-data's among them. */
interface EventedStream {
  on(event: string, listener: (value: never) => void): unknown;
  pipe: unknown;
  resume?(): unknown;
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

function collect(stream: EventedStream): Promise<Uint8Array> {
  // It would emit nothing any more, and be waited for in vain.
  if (stream.readableEnded || stream.destroyed) {
    throw new SigV4Error(
      'ERR_SIGV4_BODY',
      'body: this stream has been read or destroyed before; give a new one',
    );
  }
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    stream.on('data', (chunk: Uint8Array | string) => {
      chunks.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
    });
    stream.on('end', () => resolve(concat(chunks)));
    stream.on('error', reject);
    stream.on('close', () =>
      reject(new SigV4Error('ERR_SIGV4_BODY', 'body: the stream closed before its end')),
    );
    stream.resume?.();
  });
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
