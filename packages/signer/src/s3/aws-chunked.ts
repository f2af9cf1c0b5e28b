import { hash } from '#hash';

import type { ChunkedUpload, Trailer } from './upload.ts';
import { SigV4Error } from '../errors.ts';
import { EMPTY_HASH } from '../request/payload-hash.ts';
import { isBytes } from '../request/request.ts';
import type { SigningKey } from '../signature/signing-key.ts';

/** What each chunk's signature is chained to. */
export interface Chain {
  readonly key: SigningKey;
  /** Date and scope, as every string to sign has them. */
  readonly scope: string;
  readonly seed: string;
}

/**
 * A body as S3 reads it: each chunk with its signature.
 *
 * @throws {SigV4Error} ERR_SIGV4_BODY if it cannot be read. The stream fails with it later if it is
 *   not as long as it was said to be.
 */
export function signedStream(
  { body, contentLength, trailer }: Pick<ChunkedUpload, 'body' | 'contentLength' | 'trailer'>,
  chunkSize: number,
  chain: Chain,
): ReadableStream<Uint8Array> {
  const source = open(body);
  // Do not wait for it: a generator that is stalled would never answer.
  const letGo = (): void => void source.letGo().catch(() => {});
  const chunks = signChunks(pieces(source, chunkSize, contentLength), trailer, chain);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        letGo();
        throw error;
      }
    },
    cancel: letGo,
  });
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

/**
 * Hashing is faster than a network, so after this many bytes others get a turn of the event loop.
 */
const BYTES_A_TURN = 524_288;

/** Where there is no setImmediate, the hashes are WebCrypto's, which takes turns by itself. */
async function turn(): Promise<void> {
  if (typeof setImmediate === 'function') await new Promise((resolve) => setImmediate(resolve));
}

/** Cuts the body into pieces of one size. Only the last one may be smaller. */
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
        // It is a view, since copies would pile up faster than they are collected.
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

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
