import type { SignableRequest } from '../request/request.ts';

/** A header that follows the body, such as a checksum of it. */
export interface Trailer {
  /** E.g. `x-amz-checksum-crc32c`. */
  readonly name: string;
  /** Characters of the value, which must be known before: 8 of a CRC32C, 44 of a SHA-256. */
  readonly length: number;
  /** It is called once all of the body has been read. */
  readonly value: () => string | Promise<string>;
}

/** A request to S3 whose body is a stream of known length. */
export interface ChunkedUpload extends Omit<SignableRequest, 'body'> {
  /**
   * Its pieces are copied only if they must be, so do not change them until they have been sent.
   */
  readonly body: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;
  /** Bytes of the body. */
  readonly contentLength: number;
  readonly trailer?: Trailer | undefined;
}
