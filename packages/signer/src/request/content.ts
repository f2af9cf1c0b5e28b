/** A body as exact bytes. */
export interface Content {
  readonly bytes: Uint8Array | string;
  /** The content type that fetch would give it, a form's boundary included; `null` if it gives none. */
  readonly type: string | null;
  /** Whether what was read cannot be read again. */
  readonly usedUp: boolean;
  /**
   * The whole body as a stream, if it is longer than the limit and the reader asked for `orRest`.
   * `bytes` is empty then.
   */
  readonly rest?: ReadableStream<Uint8Array>;
}

/** How a body is read. */
export interface ReadOptions {
  /** Ends the reading: the stream is cancelled with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Give back a stream that is too long as `rest`, instead of refusing it. Default: false. */
  readonly orRest?: boolean;
}

/** 10 MiB, the most that API Gateway takes. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html */
export const MAX_BUFFERED_BYTES = 10_485_760;

/**
 * Checks the option `maxBufferedBytes` of a client. The default is 10,485,760.
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

/** The content of a string or of bytes, which are not copied; `undefined` for any other body. */
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
