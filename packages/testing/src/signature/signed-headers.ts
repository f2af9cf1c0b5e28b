import { headerValues, type RawRequest } from '../wire/raw-request.ts';
import type { SignatureClaim } from './claim.ts';
import { refuse, type Refused } from './refusal.ts';

/** `host` and every `x-amz-*` that arrived must be signed; the list must be as AWS makes it. */
export function checkSignedHeaders(
  request: RawRequest,
  claim: SignatureClaim,
): Refused | undefined {
  const names = (claim.signedHeaders ?? '').split(';');
  const sorted = names.every((name, at) => at === 0 || (names[at - 1] as string) < name);
  if (!sorted || names.some((name) => name !== name.toLowerCase())) {
    return refuse(
      'incomplete',
      'IncompleteSignatureException',
      "'SignedHeaders' must be lower-case, sorted and without repetition.",
    );
  }
  if (!names.includes('host')) {
    return refuse(
      'unsigned-header',
      'InvalidSignatureException',
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
  }
  const absent = names.find((name) => headerValues(request, name).length === 0);
  if (absent !== undefined) {
    return refuse(
      'mismatch',
      'InvalidSignatureException',
      `'${absent}' is a 'SignedHeader' and did not arrive.`,
    );
  }
  for (const [name] of request.rawHeaders) {
    const lower = name.toLowerCase();
    if (lower.startsWith('x-amz-') && !names.includes(lower)) {
      return refuse(
        'unsigned-header',
        'InvalidSignatureException',
        `'${name}' must be a 'SignedHeader' in the AWS Authorization.`,
      );
    }
  }
  return undefined;
}
