import { hash } from '#hash';

import { SigV4Error } from './errors.ts';
import { signIntoHeader } from './header-signature.ts';
import { nativeEngine } from './native-engine.ts';
import { placeRequest } from './placement.ts';
import { inWords } from './refusal.ts';
import { prepareRequest } from './prepared-request.ts';
import { isBytes, type SignableRequest } from './request.ts';
import { signerConfig, type SignerOptions } from './signer-options.ts';
import { EMPTY_HASH } from './payload-hash.ts';
import { SigningKeys, type SigningKey } from './signing-key.ts';
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
  const service = options.service ?? told?.service ?? 's3';
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
  const source = open(body);
  const key = await new SigningKeys().get(credentials.secretAccessKey, date.day, target);
  const scope = `${date.text}\n${date.day}/${target.region}/${target.service}/aws4_request`;
  return {
    method: seed.method,
    url: seed.url,
    headers: seed.headers,
    body: streamOf(
      signChunks(pieces(source, chunkSize, contentLength), trailer, {
        key,
        scope,
        seed: seed.signature,
      }),
      source,
    ),
    signature: seed.signature,
  };
}

interface Chain {
  readonly key: SigningKey;
  /** Date and scope, as every string to sign has them. */
  readonly scope: string;
  readonly seed: string;
}

async function* signChunks(
  chunks: AsyncIterable<Uint8Array>,
  trailer: Trailer | undefined,
  { key, scope, seed }: Chain,
): AsyncGenerator<Uint8Array> {
  let previous = seed;
  const next = async (algorithm: string, hashes: string): Promise<string> => {
    const stringToSign = `${algorithm}\n${scope}\n${previous}\n${hashes}`;
    previous = await hash.hmacHex(key, stringToSign);
    return previous;
  };
  const head = async (chunk: Uint8Array): Promise<Uint8Array> => {
    const hashes = `${EMPTY_HASH}\n${await hash.sha256Hex(chunk)}`;
    const signature = await next('AWS4-HMAC-SHA256-PAYLOAD', hashes);
    return text(`${chunk.byteLength.toString(16)};chunk-signature=${signature}\r\n`);
  };
  let sinceTurn = 0;
  for await (const chunk of chunks) {
    yield await head(chunk);
    yield chunk;
    yield text('\r\n');
    sinceTurn += chunk.byteLength;
    if (sinceTurn >= BYTES_A_TURN) {
      sinceTurn = 0;
      await turn();
    }
  }
  yield await head(new Uint8Array());
  if (trailer !== undefined) {
    const value = await trailer.value();
    if (typeof value !== 'string' || !/^[\x20-\x7e]+$/.test(value)) {
      throw new SigV4Error(
        'ERR_SIGV4_BODY',
        `trailer: the value of ${trailer.name} is no line of printable ASCII`,
      );
    }
    if (value.length !== trailer.length) {
      throw new SigV4Error(
        'ERR_SIGV4_BODY',
        `trailer: ${trailer.name} was said to have ${trailer.length} characters, and has ${value.length}`,
      );
    }
    const line = `${trailer.name.toLowerCase()}:${value}`;
    const signature = await next('AWS4-HMAC-SHA256-TRAILER', await hash.sha256Hex(`${line}\n`));
    yield text(`${line}\r\nx-amz-trailer-signature:${signature}\r\n`);
  }
  yield text('\r\n');
}

/** Of the event loop: hashing is faster than a network, and would let nobody else have one. */
const BYTES_A_TURN = 524_288;

/** WebCrypto, where there is no setImmediate, takes turns by itself. */
async function turn(): Promise<void> {
  if (typeof setImmediate === 'function') await new Promise((resolve) => setImmediate(resolve));
}

/** The body in pieces of one size, but for the last. */
async function* pieces(
  source: Source,
  size: number,
  contentLength: number,
): AsyncGenerator<Uint8Array> {
  let pending = new Uint8Array(0);
  let filled = 0;
  let total = 0;
  for (let read = await source.next(); !read.done; read = await source.next()) {
    const part: unknown = read.value;
    if (!isBytes(part)) {
      throw new SigV4Error('ERR_SIGV4_BODY', 'body: expected pieces that are Uint8Arrays');
    }
    total += part.byteLength;
    if (total > contentLength) break;
    for (let at = 0; at < part.byteLength;) {
      const taken = part.subarray(at, at + size - filled);
      if (taken.byteLength === size) {
        // Copies pile up faster than they are collected.
        yield taken;
        at += size;
        continue;
      }
      if (filled === 0) pending = new Uint8Array(Math.min(size, contentLength));
      pending.set(taken, filled);
      filled += taken.byteLength;
      at += taken.byteLength;
      if (filled === size) {
        yield pending;
        filled = 0;
      }
    }
  }
  if (total !== contentLength) {
    throw new SigV4Error(
      'ERR_SIGV4_BODY',
      `body: it was said to have ${contentLength} bytes, and has ${total > contentLength ? 'more' : total}`,
    );
  }
  if (filled > 0) yield pending.subarray(0, filled);
}

/** Where the body comes from. It can be let go while a read is under way. */
interface Source {
  next(): Promise<{ done?: boolean | undefined; value?: unknown }>;
  letGo(): Promise<unknown>;
}

function open(body: ChunkedUpload['body']): Source {
  if (typeof body === 'object' && body !== null) {
    if ('getReader' in body) {
      const reader = body.getReader();
      return { next: () => reader.read(), letGo: () => reader.cancel() };
    }
    if (Symbol.asyncIterator in body) {
      const iterator = body[Symbol.asyncIterator]();
      return { next: () => iterator.next(), letGo: async () => iterator.return?.() };
    }
  }
  throw new SigV4Error('ERR_SIGV4_BODY', 'body: expected a ReadableStream or an async iterable');
}

function streamOf(chunks: AsyncGenerator<Uint8Array>, source: Source): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel() {
      // Not awaited: a generator that is stalled would never answer.
      void source.letGo().catch(() => {});
    },
  });
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

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
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
