import { hash } from '#hash';

import type { SignOptions } from '../options.ts';
import { EMPTY_HASH, UNSIGNED_PAYLOAD } from '../request/payload-hash.ts';
import type { ServiceRules } from '../target/service-rules.ts';

/** The caller signs the payload by itself, chunk by chunk, or sends a checksum behind it. */
const STREAMING = /^STREAMING-[A-Z0-9-]+$/;

/**
 * What a caller says of the payload in an `x-amz-content-sha256` of its own: its hash, or one of
 * AWS's words.
 *
 * @throws {TypeError} if that contradicts the body, or the options
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export async function heeded(
  own: string,
  body: Uint8Array | string | undefined,
  { unsignedPayload, encodesPathTwice }: ServiceRules,
  payload: SignOptions['payload'],
  signatureIn: SignOptions['signatureIn'],
): Promise<string> {
  // S3 takes URLs that leave the body out, and no others.
  const isLink = signatureIn === 'query' && !encodesPathTwice;
  if (own === UNSIGNED_PAYLOAD) {
    if (payload === 'signed') throw contradiction("payload: 'signed'");
    return own;
  }
  if (unsignedPayload || payload === 'unsigned' || isLink) {
    throw contradiction('this signature, which leaves the body out');
  }
  if (STREAMING.test(own)) return own;
  const computed = body === undefined ? EMPTY_HASH : await hash.sha256Hex(body);
  if (own.toLowerCase() === computed) return computed;
  throw contradiction(body === undefined ? 'the request, which has no body' : 'the body');
}

function contradiction(what: string): TypeError {
  return new TypeError(
    `headers: x-amz-content-sha256 contradicts ${what}; leave the header out, and it is added where it is needed`,
  );
}
