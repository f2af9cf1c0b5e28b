import type { Difference } from './canonical-differences.ts';
import type { Denial } from './denial.ts';

/** Why AWS refused a request. */
export type RejectionReason =
  /** The signature's date is too far from the server's. */
  | 'clock-skew'
  /** The session has ended. */
  | 'token-expired'
  /** The access key or its session token is not known (any more). */
  | 'token-invalid'
  /** What arrived is not what was signed, or it was signed with another secret. */
  | 'signature-mismatch'
  /** Signed for another region or service. */
  | 'wrong-scope'
  /** No signature arrived, or there is no such route. */
  | 'not-signed'
  /** An Authorization header that is not SigV4. */
  | 'incomplete'
  /** The signature is good; a policy does not allow the call. */
  | 'denied'
  /** A 401 or 403 that tells no more. */
  | 'forbidden';

/** Why AWS refused a request, in plain words. Holds no secret. */
export interface Rejection {
  readonly reason: RejectionReason;
  readonly status: number;
  /** AWS's error type, where it sent one: `InvalidSignatureException`, … */
  readonly type: string | undefined;
  /** AWS's message without what it quotes of the request, at most 1,000 characters. */
  readonly message: string;
  /** What this means, and what to do. */
  readonly explanation: string;
  /** How what AWS saw differs from what was signed, at most 20; empty where AWS does not tell. */
  readonly differences: readonly Difference[];
  /** Who was denied what, where AWS tells. */
  readonly denial: Denial | undefined;
}

/** What an answer means of which there was nothing to read. */
export const UNREAD_EXPLANATION =
  'Nothing could be read of the answer (one to HEAD has no text, others can be empty, a file or a stream), so AWS may have said why. Send the request by another method, or look at the logs of the API.';

/** Tested from top to bottom on `type message`, since some types are ambiguous. */
const RULES: readonly (readonly [RegExp, RejectionReason])[] = [
  [/Signature expired|Signature not yet current|RequestTimeTooSkewed|RequestExpired/, 'clock-skew'],
  [/ExpiredToken|security token included in the request is expired/, 'token-expired'],
  [/Credential should be scoped|AuthorizationHeaderMalformed/, 'wrong-scope'],
  [
    /security token included in the request is invalid|UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|InvalidToken\b/,
    'token-invalid',
  ],
  [
    /signature we calculated does not match|SignatureDoesNotMatch|SHA256Mismatch/,
    'signature-mismatch',
  ],
  [/MissingAuthenticationToken|Missing Authentication Token/, 'not-signed'],
  [/IncompleteSignature/, 'incomplete'],
  [/is not authorized to perform|explicit deny|AccessDenied/, 'denied'],
  [/InvalidSignature/, 'signature-mismatch'],
];

/** @param told type and message, or one of them */
export function reasonOf(told: string): RejectionReason | undefined {
  return RULES.find(([pattern]) => pattern.test(told))?.[1];
}

export const EXPLANATIONS: Readonly<Record<RejectionReason, string>> = {
  'clock-skew':
    "The clocks of this machine and of AWS are more than 5 minutes apart, or the request was on its way for that long. Set the machine's clock.",
  'token-expired':
    'The session of these credentials has ended. Use a provider that renews them, such as assumeRole() or defaultCredentials().',
  'token-invalid':
    'AWS does not know this access key or its session token. The key may have been deleted or deactivated, the token may belong to another key, or the keys may be those of another partition.',
  'signature-mismatch':
    "The secret key does not belong to this access key, or what arrived is not what was signed. If the secret is right, look for whatever changes the request after signing (a proxy, another interceptor, a second encoding of the path or query), and compare the canonical request in AWS's answer with that of sign().",
  'wrong-scope':
    'The request is signed for another region or service than the one that answered. Name the right one in the options.',
  'not-signed':
    'No signature arrived, or the API has no such route: check stage, path and method, and whether this host is among those that are signed.',
  incomplete:
    'The Authorization header that arrived is not one of Signature Version 4. Look for whatever replaces or cuts it on the way.',
  denied:
    "The signature is good, but a policy does not allow the call. Within one account the caller's policy or the API's resource policy must allow it, across accounts both must, and no policy may deny it.",
  forbidden:
    'The API gives no reason. HTTP APIs answer like this to a missing or wrong signature, a session that has ended, and a denial alike.',
};
