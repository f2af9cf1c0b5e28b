/** A body as exact bytes. */
export interface Content {
  readonly bytes: Uint8Array | string;
  /** The content type that fetch would give it, a form's boundary included; `null` if it gives none. */
  readonly type: string | null;
  /** Whether what was read cannot be read again. */
  readonly usedUp: boolean;
}

/**
 * Reads whatever clients take as a body: a string, bytes, a Blob, a form (that of the form-data
 * package too), URLSearchParams, a Request or Response, a stream of the web or of Node. Strings
 * and bytes are not copied.
 *
 * @throws {SigV4Error} ERR_SIGV4_BODY if it is none of these; and whatever reading it throws
 */
export async function readContent(body: unknown): Promise<Content> {
  if (typeof body === 'string') {
    return { bytes: body, type: 'text/plain;charset=UTF-8', usedUp: false };
  }
  if (ArrayBuffer.isView(body)) {
    const bytes = new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
    return { bytes, type: null, usedUp: false };
  }
  if (body instanceof ArrayBuffer)
    return { bytes: new Uint8Array(body), type: null, usedUp: false };
  // Not loaded by those who send JSON.
  const { readOther } = await import('./other-content.ts');
  return readOther(body);
}
