import { sha256 } from '../keys/digest.ts';
import { isSignature } from '../keys/signing-key.ts';
import { payloadChecksum } from './payload-checksum.ts';

/*
 * Written from "Signature Calculations for the Authorization Header: Transferring Payload in
 * Multiple Chunks" in the Amazon S3 API Reference, not from the signer.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */

/** What the chunks and the trailer have to match. */
export interface ChunkChain {
  /** Chunks without signatures are protected by the trailer's checksum only. */
  readonly isSigned: boolean;
  readonly secretAccessKey: string;
  /** As `X-Amz-Date`. */
  readonly date: string;
  /** `YYYYMMDD/region/service/aws4_request` */
  readonly scope: string;
  /** The signature of the headers. */
  readonly seed: string;
  /** As `x-amz-decoded-content-length`. */
  readonly decodedLength: number;
  /** As `x-amz-trailer`. */
  readonly trailer: string | undefined;
}

const SMALLEST = 8192;

/** What is wrong with a payload in chunks, by S3's code and message. */
export interface PayloadFault {
  readonly code: string;
  readonly message: string;
}

const MALFORMED: PayloadFault = {
  code: 'IncompleteBody',
  message: 'The request body terminated unexpectedly',
};
const TOO_SMALL: PayloadFault = {
  code: 'InvalidChunkSizeError',
  message: 'Only the last chunk is allowed to have a size less than 8192 bytes',
};
const WRONG_SIGNATURE: PayloadFault = {
  code: 'SignatureDoesNotMatch',
  message:
    'The signature of a chunk, or of the trailer, does not match the signature you provided.',
};

/** @returns what is not as it was signed; `undefined` if all of it is */
export function faultOfChunks(body: Uint8Array, chain: ChunkChain): PayloadFault | undefined {
  const read = readChunks(body);
  if (read === undefined) return MALFORMED;
  let previous = chain.seed;
  const isNext = (algorithm: string, signature: string, ...hashes: string[]): boolean => {
    const stringToSign = [algorithm, chain.date, chain.scope, previous, ...hashes].join('\n');
    previous = signature;
    return isSignature(chain.secretAccessKey, chain.scope, stringToSign, signature);
  };
  for (const [at, { bytes, signature }] of read.chunks.entries()) {
    if ((signature !== '') !== chain.isSigned) return MALFORMED;
    const isRight =
      !chain.isSigned || isNext('AWS4-HMAC-SHA256-PAYLOAD', signature, sha256(''), sha256(bytes));
    if (!isRight) return WRONG_SIGNATURE;
    // "The size of each chunk must be at least 8 KB", but for the last, before the empty one.
    if (at < read.chunks.length - 2 && bytes.length < SMALLEST) return TOO_SMALL;
  }
  const { payload } = read;
  const [trailer, signed, ...more] = read.trailers;
  const wanted = chain.trailer === undefined ? 0 : chain.isSigned ? 2 : 1;
  if (read.trailers.length !== wanted || more.length > 0) return MALFORMED;
  if (chain.trailer !== undefined && trailer !== undefined) {
    if (!trailer.startsWith(`${chain.trailer}:`)) return MALFORMED;
    if (chain.isSigned) {
      const signature = /^x-amz-trailer-signature:(.*)$/.exec(signed ?? '')?.[1] ?? '';
      if (!isNext('AWS4-HMAC-SHA256-TRAILER', signature, sha256(`${trailer}\n`)))
        return WRONG_SIGNATURE;
    }
    if (trailer.slice(chain.trailer.length + 1) !== payloadChecksum(chain.trailer, payload))
      return badDigest(chain.trailer);
  }
  return payload.length === chain.decodedLength ? undefined : MALFORMED;
}

/** @param header `x-amz-checksum-…` */
export function badDigest(header: string): PayloadFault {
  const algorithm = header.replace('x-amz-checksum-', '').toUpperCase();
  return {
    code: 'BadDigest',
    message: `The ${algorithm} you specified did not match the calculated checksum.`,
  };
}

/** A body in chunks, of which nothing has been checked but its form. */
export interface ReadChunks {
  readonly chunks: readonly { readonly bytes: Buffer; readonly signature: string }[];
  readonly payload: Uint8Array;
  /** The lines that follow, without their ends. */
  readonly trailers: readonly string[];
}

/** @returns `undefined` if the body has not the form of chunks */
export function readChunks(body: Uint8Array): ReadChunks | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const chunks: { bytes: Buffer; signature: string }[] = [];
  let at = 0;
  const line = (): string | undefined => {
    const end = bytes.indexOf('\r\n', at);
    if (end === -1) return undefined;
    const text = bytes.subarray(at, end).toString('latin1');
    at = end + 2;
    return text;
  };

  for (;;) {
    const [, digits, signature = ''] =
      /^([0-9a-f]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line() ?? '') ?? [];
    if (digits === undefined) return undefined;
    const size = Number.parseInt(digits, 16);
    const chunk = bytes.subarray(at, at + size);
    at += chunk.length;
    if (chunk.length !== size) return undefined;
    chunks.push({ bytes: chunk, signature });
    if (size === 0) break;
    if (line() !== '') return undefined;
  }
  const trailers: string[] = [];
  for (let text = line(); text !== ''; text = line()) {
    if (text === undefined) return undefined;
    trailers.push(text);
  }
  if (at !== bytes.length) return undefined;
  return {
    chunks,
    payload: new Uint8Array(Buffer.concat(chunks.map((chunk) => chunk.bytes))),
    trailers,
  };
}
