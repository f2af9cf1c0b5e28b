import { SigV4Error } from '@sigv4/signer';
import type { AxiosHeaders, InternalAxiosRequestConfig } from 'axios';

/**
 * What axios is about to send, as exact bytes. Sets the content type that belongs to them: that of
 * a form has its boundary.
 *
 * A stream that was read is put back as bytes, so that a retry can send it again.
 *
 * @param config the caller's, after all transforms
 * @throws {SigV4Error} ERR_SIGV4_BODY if it is nothing that axios could send
 */
export async function captureBody(
  config: InternalAxiosRequestConfig,
  headers: AxiosHeaders,
): Promise<Uint8Array | string | undefined> {
  const data: unknown = config.data;
  if (data === undefined || data === null || data === '') return undefined;
  if (typeof data === 'string') return data;
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (data instanceof ArrayBuffer) return new Uint8Array(data);

  if (isFormPackage(data)) {
    headers.setContentType(data.getHeaders()['content-type'] ?? null);
    return readOnce(config, collect(data));
  }
  if (data instanceof FormData || data instanceof Blob || data instanceof URLSearchParams) {
    const response = new Response(data);
    const type = response.headers.get('content-type');
    if (type !== null) headers.setContentType(type);
    return new Uint8Array(await response.arrayBuffer());
  }
  if (data instanceof ReadableStream) {
    const reading = new Response(data as ReadableStream<Uint8Array>).arrayBuffer();
    return readOnce(
      config,
      reading.then((buffer) => new Uint8Array(buffer)),
    );
  }
  if (isStream(data)) return readOnce(config, collect(data));
  throw new SigV4Error(
    'ERR_SIGV4_BODY',
    `data: cannot turn ${Object.prototype.toString.call(data).slice(8, -1)} into bytes to sign; give a string, bytes, a Blob, a form or a stream`,
  );
}

async function readOnce(
  config: InternalAxiosRequestConfig,
  reading: Promise<Uint8Array>,
): Promise<Uint8Array> {
  const bytes = await reading;
  config.data = bytes;
  return bytes;
}

interface EventedStream {
  on(event: string, listener: (value: never) => void): unknown;
  resume?(): unknown;
}

function isStream(data: unknown): data is EventedStream {
  return typeof data === 'object' && data !== null && 'on' in data && 'pipe' in data;
}

/** The form-data package, which knows its own boundary. */
function isFormPackage(
  data: unknown,
): data is EventedStream & { getHeaders(): Record<string, string> } {
  return isStream(data) && 'getHeaders' in data && typeof data.getHeaders === 'function';
}

/** By events, which old streams have too. */
function collect(stream: EventedStream): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    stream.on('data', (chunk: Uint8Array | string) => {
      chunks.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
    });
    stream.on('end', () => resolve(concat(chunks)));
    stream.on('error', reject);
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
