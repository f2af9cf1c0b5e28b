import {
  headerValues,
  queryParameters,
  splitTarget,
  type RawRequest,
} from '../wire/raw-request.ts';
import type { SignatureClaim } from './claim.ts';
import { refuse, type Refused } from './refusal.ts';

export const ALGORITHM = 'AWS4-HMAC-SHA256';
/** The scope of SigV4a has no region; the request names its region set elsewhere. */
export const ALGORITHM_V4A = 'AWS4-ECDSA-P256-SHA256';

/** What a signature says it is for. */
export interface Scope {
  readonly accessKeyId: string;
  /** The scope as the string to sign has it: without the access key id. */
  readonly text: string;
  readonly day: string | undefined;
  /** The region; of SigV4a, the region set. */
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

/** @param wanted the service and the region of the verifying side */
export function checkScope(
  { day, regions, service, end, isComplete }: Scope,
  claim: SignatureClaim,
  wanted: { readonly service: string; readonly region: string },
): Refused | undefined {
  if (!isComplete) {
    return refuse(
      'incomplete',
      'IncompleteSignatureException',
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${claim.credential}'`,
    );
  }
  let told = '';
  if (day !== claim.date?.slice(0, 8)) {
    told += `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${day}' != '${claim.date?.slice(0, 8)}', from '${claim.date}'. `;
  }
  const isInRegions =
    claim.algorithm === ALGORITHM
      ? regions === wanted.region
      : regions?.split(',').some((region) => region === '*' || region === wanted.region);
  if (!isInRegions) {
    told += `Credential should be scoped to a valid region, not '${regions}'. `;
  }
  if (service !== wanted.service)
    told += `Credential should be scoped to correct service: '${wanted.service}'. `;
  if (end !== 'aws4_request') {
    told += `Credential should be scoped with a valid terminator: 'aws4_request', not '${end}'. `;
  }
  return told === '' ? undefined : refuse('wrong-scope', 'InvalidSignatureException', told);
}
