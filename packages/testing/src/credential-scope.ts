import { headerValues, queryParameters, splitTarget, type RawRequest } from './raw-request.ts';
import type { SignatureClaim } from './signature-claim.ts';

export const ALGORITHM = 'AWS4-HMAC-SHA256';
/** Its scope has no region; the region set is sent by itself. */
export const ALGORITHM_V4A = 'AWS4-ECDSA-P256-SHA256';

/** What a signature says it is for. */
export interface Scope {
  readonly accessKeyId: string;
  /** Without the access key id: what the string to sign has. */
  readonly text: string;
  readonly day: string | undefined;
  /** Of SigV4a the region set. */
  readonly regions: string | undefined;
  readonly service: string | undefined;
  readonly end: string | undefined;
  readonly isComplete: boolean;
}

export function readScope(
  { credential = '', algorithm, location }: SignatureClaim,
  request: RawRequest,
): Scope {
  const [accessKeyId = '', ...parts] = credential.split('/');
  const text = parts.join('/');
  if (algorithm === ALGORITHM) {
    const [day, regions, service, end] = parts;
    return { accessKeyId, text, day, regions, service, end, isComplete: parts.length === 4 };
  }
  const [day, service, end] = parts;
  const sets =
    location === 'header'
      ? headerValues(request, 'x-amz-region-set')
      : queryParameters(splitTarget(request.target).query)
          .filter(([name]) => name === 'X-Amz-Region-Set')
          .map(([, value]) => value);
  const isComplete = parts.length === 3 && sets.length === 1;
  return { accessKeyId, text, day, regions: sets[0], service, end, isComplete };
}
