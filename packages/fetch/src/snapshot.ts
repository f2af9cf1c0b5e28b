/** More bytes than these are not copied; no API of API Gateway takes as many. */
export const LARGE_BYTES = 16_777_216;

/**
 * A body as it is now: what its caller writes into a buffer or a form after the call must not be
 * sent. A stream, a Blob and a Request stay the same, and so do more than {@link LARGE_BYTES}.
 * Whatever is no body counts by its text, as for fetch.
 */
export function snapshotOf(body: BodyInit): BodyInit {
  if (typeof body === 'string' || body instanceof Blob) return body;
  // `instanceof` fails for a buffer of another realm (an iframe, Jest), and for the FormData of the
  // undici package, which is not the global one.
  const kind = Object.prototype.toString.call(body).slice(8, -1);
  if (ArrayBuffer.isView(body) || kind === 'ArrayBuffer') {
    // A buffer has no buffer of its own.
    const {
      buffer = body as ArrayBuffer,
      byteOffset,
      byteLength = 0,
    } = body as Partial<Uint8Array<ArrayBuffer>>;
    // A buffer that was transferred to another thread is empty, and a view of it cannot be read.
    if (buffer.byteLength === 0) return new Uint8Array();
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    return byteLength > LARGE_BYTES ? bytes : bytes.slice();
  }
  if (body instanceof URLSearchParams) return new URLSearchParams(body);
  // The form-data package has a form that is a stream.
  if (kind === 'FormData' && Symbol.iterator in (body as FormData)) {
    const copy = new FormData();
    for (const [name, value] of body as FormData) copy.append(name, value as Blob);
    return copy;
  }
  // String() would take a Symbol, which fetch refuses.
  return READABLE.some((name) => name in Object(body))
    ? body
    : ''.concat(body as unknown as string);
}

/** A stream of the web or of Node, an async iterable, or a Request or Response has one of these. */
const READABLE = ['getReader', Symbol.asyncIterator, 'pipe', 'arrayBuffer'];
