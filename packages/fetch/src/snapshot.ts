/** More bytes than these are not copied; no API of API Gateway takes as many. */
export const LARGE_BYTES = 16_777_216;

/**
 * A body as it is now: what its caller writes into a buffer or a form after the call must not be
 * sent. A stream, a Blob and a Request stay the same, and so do more than {@link LARGE_BYTES}.
 * Whatever is no body counts by its text, as for fetch.
 */
export function snapshotOf(body: BodyInit): BodyInit {
  if (typeof body === 'string' || body instanceof Blob) return body;
  if (ArrayBuffer.isView(body)) {
    const { buffer } = body;
    // A buffer that was transferred to another thread is empty, and a view of it cannot be read.
    if (buffer.byteLength === 0) return new Uint8Array();
    return copyOf(new Uint8Array(buffer, body.byteOffset, body.byteLength));
  }
  if (isBuffer(body)) {
    return body.byteLength === 0 ? new Uint8Array() : copyOf(new Uint8Array(body));
  }
  if (body instanceof URLSearchParams) return new URLSearchParams(body);
  // String() would take a Symbol, which fetch refuses.
  if (!isForm(body)) return isReadable(body) ? body : ''.concat(body as unknown as string);
  const copy = new FormData();
  for (const [name, value] of body) copy.append(name, value as Blob);
  return copy;
}

/** `instanceof` fails for a buffer of another realm (an iframe, Jest). */
function isBuffer(body: object): body is ArrayBuffer {
  return Object.prototype.toString.call(body) === '[object ArrayBuffer]';
}

/** The FormData of the undici package, which Node 20 needs for its fetch, is not the global one. */
function isForm(body: object): body is FormData {
  if (body instanceof FormData) return true;
  const isNamed = Object.prototype.toString.call(body) === '[object FormData]';
  // The form-data package has a form that is a stream.
  return isNamed && Symbol.iterator in body;
}

/** A stream of the web or of Node, an async iterable, or a Request or Response. */
function isReadable(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  return ['getReader', Symbol.asyncIterator, 'pipe', 'arrayBuffer'].some((name) => name in body);
}

function copyOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.byteLength > LARGE_BYTES ? bytes : bytes.slice();
}
