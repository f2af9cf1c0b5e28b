import { sha256 } from '../keys/digest.ts';
import { decodeChunks, type ChunkChain } from '../s3/chunked-payload.ts';
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
  const isWord = takesUnsigned(service) && (told === UNSIGNED || STREAMING.test(told ?? ''));
  return isWord && told !== undefined ? told : sha256(request.body);
}

/** IoT Core has the session token appended after signing. */
export function unsignedParameters(service: string): string[] {
  return service === 'iotdevicegateway'
    ? ['X-Amz-Signature', 'X-Amz-Security-Token']
    : ['X-Amz-Signature'];
}

const STREAMING =
  /^STREAMING-(?:AWS4-HMAC-SHA256-PAYLOAD|AWS4-HMAC-SHA256-PAYLOAD-TRAILER|UNSIGNED-PAYLOAD-TRAILER)$/;

/**
 * Whoever sends `x-amz-content-sha256` promises a body with that hash, or chunks that are signed
 * one by one.
 */
export function isPayloadRight(
  request: RawRequest,
  service: string,
  isHeader: boolean,
  chain: Pick<ChunkChain, 'secretAccessKey' | 'date' | 'scope' | 'seed'>,
): boolean {
  const all = headerValues(request, 'x-amz-content-sha256');
  // S3: "The x-amz-content-sha256 header is required".
  if (isS3(service) && isHeader && all.length !== 1) return false;
  return all.every((told) => {
    if (isS3(service) && STREAMING.test(told)) {
      const [decodedLength] = headerValues(request, 'x-amz-decoded-content-length');
      const [trailer] = headerValues(request, 'x-amz-trailer');
      return (
        /^\d+$/.test(decodedLength ?? '') &&
        (trailer !== undefined) === told.endsWith('-TRAILER') &&
        decodeChunks(request.body, {
          ...chain,
          isSigned: !told.startsWith('STREAMING-UNSIGNED'),
          decodedLength: Number(decodedLength),
          trailer,
        }) !== undefined
      );
    }
    return told === sha256(request.body) || (told === UNSIGNED && takesUnsigned(service));
  });
}
