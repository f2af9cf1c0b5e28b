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

/** @returns the payload without its chunks, or `undefined` if it is not what was signed */
export function decodeChunks(body: Uint8Array, chain: ChunkChain): Uint8Array | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const decoded: Buffer[] = [];
  let previous = chain.seed;
  let at = 0;

  const isNext = (algorithm: string, signature: string, ...hashes: string[]): boolean => {
    const stringToSign = [algorithm, chain.date, chain.scope, previous, ...hashes].join('\n');
    previous = signature;
    return isSignature(chain.secretAccessKey, chain.scope, stringToSign, signature);
  };
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
    if (digits === undefined || (signature !== '') !== chain.isSigned) return undefined;
    const size = Number.parseInt(digits, 16);
    const chunk = bytes.subarray(at, at + size);
    at += chunk.length;
    if (chunk.length !== size) return undefined;
    if (
      chain.isSigned &&
      !isNext('AWS4-HMAC-SHA256-PAYLOAD', signature, sha256(''), sha256(chunk))
    ) {
      return undefined;
    }
    if (chunk.length === 0) break;
    // "The size of each chunk must be at least 8 KB", but for the last.
    if ((decoded.at(-1)?.length ?? SMALLEST) < SMALLEST) return undefined;
    decoded.push(chunk);
    if (line() !== '') return undefined;
  }
  const payload = Buffer.concat(decoded);
  if (chain.trailer !== undefined) {
    const trailer = line() ?? '';
    if (!trailer.startsWith(`${chain.trailer}:`)) return undefined;
    if (chain.isSigned) {
      const signature = /^x-amz-trailer-signature:(.*)$/.exec(line() ?? '')?.[1] ?? '';
      if (!isNext('AWS4-HMAC-SHA256-TRAILER', signature, sha256(`${trailer}\n`))) return undefined;
    }
    if (trailer.slice(chain.trailer.length + 1) !== payloadChecksum(chain.trailer, payload))
      return undefined;
  }
  if (line() !== '' || at !== bytes.length) return undefined;
  return payload.length === chain.decodedLength ? new Uint8Array(payload) : undefined;
}
