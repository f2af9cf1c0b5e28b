import { sha256 } from '../keys/digest.ts';
import { faultOfChunks, type ChunkChain, type PayloadFault } from '../s3/chunked-payload.ts';
import { headerValues, type RawRequest } from '../wire/raw-request.ts';
import { isS3 } from './canonical-request.ts';
import type { SignatureClaim } from './claim.ts';

const UNSIGNED = 'UNSIGNED-PAYLOAD';

/** Services that take a payload that is not signed. */
function takesUnsigned(service: string): boolean {
  return isS3(service) || service === 'vpc-lattice-svcs';
}

/** What stands for the payload in the canonical request. */
export function signedPayload(request: RawRequest, claim: SignatureClaim, service: string): string {
  // "You don't include a payload hash in the Canonical Request, because when you create a
  // presigned URL, you don't know the payload content", Amazon S3 API Reference.
  if (claim.location === 'query' && takesUnsigned(service)) return UNSIGNED;
  const [told] = headerValues(request, 'x-amz-content-sha256');
  // S3 believes the hash until it has read the body, and then says that it is another one.
  const isHash = isS3(service) && HASH.test(told ?? '');
  const isWord = takesUnsigned(service) && (told === UNSIGNED || STREAMING.test(told ?? ''));
  return (isHash || isWord) && told !== undefined ? told : sha256(request.body);
}

/** IoT Core has the session token appended after signing. */
export function unsignedParameters(service: string): string[] {
  return service === 'iotdevicegateway'
    ? ['X-Amz-Signature', 'X-Amz-Security-Token']
    : ['X-Amz-Signature'];
}

const STREAMING =
  /^STREAMING-(?:AWS4-HMAC-SHA256-PAYLOAD|AWS4-HMAC-SHA256-PAYLOAD-TRAILER|UNSIGNED-PAYLOAD-TRAILER)$/;

const HASH = /^[0-9a-f]{64}$/;

/**
 * Whoever sends `x-amz-content-sha256` promises a body with that hash, or chunks that are signed
 * one by one.
 *
 * @returns what is not as it was promised, by S3's code and message
 */
export function faultOfPayload(
  request: RawRequest,
  service: string,
  isHeader: boolean,
  chain: Pick<ChunkChain, 'secretAccessKey' | 'date' | 'scope' | 'seed'>,
): PayloadFault | undefined {
  const [told, ...more] = headerValues(request, 'x-amz-content-sha256');
  if (told === undefined || more.length > 0) {
    return isS3(service) && isHeader
      ? {
          code: 'InvalidRequest',
          message: 'Missing required header for this request: x-amz-content-sha256',
        }
      : undefined;
  }
  if (isS3(service) && STREAMING.test(told)) {
    const [decodedLength] = headerValues(request, 'x-amz-decoded-content-length');
    const [trailer] = headerValues(request, 'x-amz-trailer');
    if (!/^\d+$/.test(decodedLength ?? '')) {
      return {
        code: 'MissingContentLength',
        message: 'You must provide the x-amz-decoded-content-length HTTP header.',
      };
    }
    if ((trailer !== undefined) !== told.endsWith('-TRAILER')) {
      return {
        code: 'InvalidRequest',
        message: `x-amz-content-sha256 is ${told}, and x-amz-trailer ${trailer === undefined ? 'is missing' : 'is there'}.`,
      };
    }
    return faultOfChunks(request.body, {
      ...chain,
      isSigned: !told.startsWith('STREAMING-UNSIGNED'),
      decodedLength: Number(decodedLength),
      trailer,
    });
  }
  if (told === sha256(request.body) || (told === UNSIGNED && takesUnsigned(service)))
    return undefined;
  return HASH.test(told)
    ? {
        code: 'XAmzContentSHA256Mismatch',
        message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
      }
    : {
        code: 'InvalidArgument',
        message:
          'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
      };
}
