import { signIntoHeader } from './header-signature.ts';
import { nativeEngine } from './native-engine.ts';
import { placeRequest } from './placement.ts';
import { inWords } from './refusal.ts';
import { prepareRequest } from './prepared-request.ts';
import type { SignableRequest } from './request.ts';
import { signerConfig, type SignerOptions } from './signer-options.ts';
import { SigningKeys } from './signing-key.ts';
import { targetOfHost } from './target.ts';
import { timestamp } from './timestamp.ts';

/** A header that follows the body, such as a checksum of it. */
export interface Trailer {
  /** E.g. `x-amz-checksum-crc32c`. */
  readonly name: string;
  /** Characters of the value, which must be known before: 8 of a CRC32C, 44 of a SHA-256. */
  readonly length: number;
  /** Asked once all of the body has been read. */
  readonly value: () => string | Promise<string>;
}

export interface ChunkedUpload extends Omit<SignableRequest, 'body'> {
  /** Its pieces are not copied where they need not be: they must not change until they were sent. */
  readonly body: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;
  /** Bytes of the body. */
  readonly contentLength: number;
  readonly trailer?: Trailer | undefined;
}

export interface ChunkedUploadOptions extends Pick<
  SignerOptions,
  'credentials' | 'region' | 'service' | 'signHeaders' | 'allowInsecureHttp' | 'now'
> {
  /** Bytes of each chunk but the last, at least 8,192. Default: 65,536. */
  readonly chunkSize?: number | undefined;
}

/** Send exactly this. The body can be read once. */
export interface SignedUpload {
  readonly method: string;
  readonly url: string;
  /** `content-length` included. */
  readonly headers: Record<string, string>;
  readonly body: ReadableStream<Uint8Array>;
  /** Of the headers; each chunk's is chained to it. */
  readonly signature: string;
}

/**
 * Signs a stream for S3 chunk by chunk, without holding more than one chunk
 * (`STREAMING-AWS4-HMAC-SHA256-PAYLOAD`, and `-TRAILER` with a trailer).
 *
 * The body fails with `SigV4Error` ERR_SIGV4_BODY if it is not as long as it was said to be.
 *
 * @throws {TypeError} naming the wrong option
 * @throws {SigV4Error} as `sign()` of a signer
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export function signChunkedUpload(
  upload: ChunkedUpload,
  options: ChunkedUploadOptions,
): Promise<SignedUpload> {
  return inWords(() => signUpload(upload, options));
}

async function signUpload(
  upload: ChunkedUpload,
  options: ChunkedUploadOptions,
): Promise<SignedUpload> {
  const { chunkSize = 65_536, ...signerOptions } = options;
  const { contentLength, trailer, body, ...request } = upload;
  checkWhole('contentLength', contentLength, 0);
  checkWhole('chunkSize', chunkSize, 8192);
  if (trailer !== undefined) checkTrailer(trailer);
  const config = signerConfig(signerOptions);
  const prepared = prepareRequest(request, config, {});
  prepared.headers.delete('x-amz-trailer');
  prepared.headers.set('content-encoding', withChunked(prepared.headers.get('content-encoding')));
  prepared.headers.set('content-length', String(lengthOf(contentLength, chunkSize, trailer)));
  prepared.headers.set('x-amz-decoded-content-length', String(contentLength));
  if (trailer !== undefined) prepared.headers.set('x-amz-trailer', trailer.name.toLowerCase());

  const told = await targetOfHost(prepared.url.hostname);
  const service = signerOptions.service ?? told?.service ?? 's3';
  const { target, rules } = await placeRequest(prepared, config, { service });
  const credentials = await config.credentials.get();
  const date = timestamp(config.now());
  const seed = await signIntoHeader({
    prepared: {
      ...prepared,
      signHeaders: new Set([...prepared.signHeaders, 'content-encoding']),
      payloadHash: `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailer === undefined ? '' : '-TRAILER'}`,
    },
    target,
    rules,
    credentials,
    date,
    engine: nativeEngine(),
    contentSha256Header: true,
  });
  // Not loaded by those who upload nothing in chunks.
  const { signedStream } = await import('./aws-chunked.ts');
  const key = await new SigningKeys().get(credentials.secretAccessKey, date.day, target);
  const scope = `${date.text}\n${date.day}/${target.region}/${target.service}/aws4_request`;
  return {
    method: seed.method,
    url: seed.url,
    headers: seed.headers,
    body: signedStream({ body, contentLength, trailer }, chunkSize, {
      key,
      scope,
      seed: seed.signature,
    }),
    signature: seed.signature,
  };
}

/** `;chunk-signature=`, the signature, and a line break. */
const HEAD = 17 + 64 + 2;

function lengthOf(contentLength: number, chunkSize: number, trailer: Trailer | undefined): number {
  const full = Math.floor(contentLength / chunkSize);
  const last = contentLength % chunkSize;
  const chunk = (size: number): number => size.toString(16).length + HEAD + size + 2;
  const ofTrailer = trailer ? trailer.name.length + 1 + trailer.length + 2 + 24 + 64 + 2 : 0;
  return full * chunk(chunkSize) + (last > 0 ? chunk(last) : 0) + 1 + HEAD + ofTrailer + 2;
}

function withChunked(encoding: string | undefined): string {
  const others = encoding?.split(',').filter((each) => each.trim().toLowerCase() !== 'aws-chunked');
  return ['aws-chunked', ...(others ?? [])].join(',');
}

function checkWhole(option: string, value: unknown, from: number): void {
  if (Number.isSafeInteger(value) && Number(value) >= from) return;
  throw new TypeError(
    `${option}: expected a whole number of bytes from ${from}, got ${String(value)}`,
  );
}

function checkTrailer(trailer: Trailer): void {
  const { name, length, value } = trailer ?? {};
  if (typeof name !== 'string' || !/^[a-z0-9-]+$/i.test(name) || typeof value !== 'function') {
    throw new TypeError("trailer: expected { name: 'x-amz-checksum-…', length, value: () => … }");
  }
  checkWhole('trailer.length', length, 1);
}
