/** A body as exact bytes. */
export interface Content {
  readonly bytes: Uint8Array | string;
  /** The content type that fetch would give it, a form's boundary included; `null` if it gives none. */
  readonly type: string | null;
  /** Whether what was read cannot be read again. */
  readonly usedUp: boolean;
}

/** 10 MiB: no API of API Gateway takes more. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html */
const MAX_BUFFERED_BYTES = 10_485_760;

/**
 * The option `maxBufferedBytes` of clients: as given, or 10,485,760.
 *
 * @throws {TypeError} if it is no number of bytes
 */
export function bufferLimit(given: number | undefined): number {
  if (given === undefined) return MAX_BUFFERED_BYTES;
  if (given === Infinity || (Number.isSafeInteger(given) && given >= 0)) return given;
  throw new TypeError(
    `maxBufferedBytes: expected a whole number of bytes, or Infinity, got ${typeof given === 'number' ? given : typeof given}`,
  );
}

/**
 * Reads whatever clients take as a body: a string, bytes, a Blob, a form (that of the form-data
 * package too), URLSearchParams, a Request or Response, a stream of the web or of Node, an async
 * iterable. Strings and bytes are not copied.
 *
 * @param maxBufferedBytes what a stream, a Request or a Response may hold at most; all else has
 *   its size before it comes here
 * @throws {SigV4Error} ERR_SIGV4_BODY if it is none of these, or holds more; and whatever reading
 *   it throws
 */
export async function readContent(
  body: unknown,
  maxBufferedBytes: number = MAX_BUFFERED_BYTES,
): Promise<Content> {
  const atHand = contentAtHand(body);
  if (atHand !== undefined) return atHand;
  // Not loaded by those who send JSON.
  const { readOther } = await import('./other-content.ts');
  return readOther(body, maxBufferedBytes);
}

/** A body that need not be waited for, a string or bytes; `undefined` of any other. Not copied. */
export function contentAtHand(body: unknown): Content | undefined {
  if (typeof body === 'string') {
    return { bytes: body, type: 'text/plain;charset=UTF-8', usedUp: false };
  }
  if (ArrayBuffer.isView(body)) {
    const bytes = new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
    return { bytes, type: null, usedUp: false };
  }
  return body instanceof ArrayBuffer
    ? { bytes: new Uint8Array(body), type: null, usedUp: false }
    : undefined;
}
