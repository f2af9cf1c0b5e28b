import type { SignedRequest } from '@sigv4/signer';
import { printable } from '@sigv4/signer/client';

import { CredentialsError } from '../errors.ts';
import { readRejection } from './answer.ts';

/** The call that an error is about. */
export interface StsSubject {
  /** What its messages begin with: `assumeRole arn:aws:iam::222222222222:role/orders-invoke`. */
  readonly name: string;
  /** The role that was to be assumed. */
  readonly roleArn: string | undefined;
  /** A text that no message may hold, beside what the request was signed with. */
  readonly secret: string | undefined;
}

/** Codes of failures that may pass. Some of AWS's services answer them with 400. */
const PASSING =
  /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|PriorRequestNotComplete|RequestTimeout/;

/**
 * Whether the same call may succeed a moment later.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
function passes(status: number, code: string): boolean {
  return (
    status >= 500 ||
    status === 429 ||
    status === 408 ||
    PASSING.test(code) ||
    code === 'IDPCommunicationError'
  );
}

/** Turns an answer of STS that is a rejection into an error, and tells whether to try again at once. */
export async function rejection(
  { status, text }: { readonly status: number; readonly text: string },
  subject: StsSubject,
  sent: SignedRequest | undefined,
): Promise<{ error: CredentialsError; isPassing: boolean }> {
  const { code: told, message, requestId } = readRejection(text);
  const clean = (said: string): Promise<string> =>
    printable(subject.secret ? said.replaceAll(subject.secret, '[redacted]') : said, sent);
  const code = await clean(told || `HTTP${status}`);
  const said = await clean(message || 'no message');
  const isPassing = passes(status, code);
  // An answer without a code, or with 200, is not from STS but from a proxy or a portal: it tells
  // nothing about the call. An expired source may be renewed at any moment.
  const recoverable = isPassing || !told || status === 200 || code.startsWith('ExpiredToken');
  const next = told
    ? advice(code, said, subject)
    : '; STS would name a code: check the endpoint, and what stands on the way to it';
  const error = new CredentialsError(
    code,
    `${subject.name}: STS answered ${status} ${code}: ${said}${next}`,
    { recoverable, requestId: requestId && (await clean(requestId)), roleArn: subject.roleArn },
  );
  return { error, isPassing };
}

const ADVICE: Readonly<Record<string, string>> = {
  ExpiredToken: 'the session of `source` is over; renew it where it comes from',
  ExpiredTokenException:
    'the token or session that was presented is over; have it renewed where it comes from',
  InvalidClientTokenId:
    'AWS does not know the access key of `source`: it was deleted, or is one of another partition, or this region is not enabled for the account',
  SignatureDoesNotMatch:
    'the secret key of `source` does not belong to its access key, or something on the way changed the request',
  RegionDisabledException:
    'STS is not active in this region for the account; activate it in IAM, or name another `region`',
  MalformedPolicyDocument: '`policy` is not a valid policy document',
  PackedPolicyTooLarge: 'policy, policy ARNs and tags are too long together; shorten them',
  InvalidIdentityToken:
    'the token is not one of a provider that the account knows: check its issuer and audience, and the OIDC provider in IAM',
  IDPRejectedClaim: 'the identity provider no longer accepts the token; get a new one',
  InvalidAction:
    'the server does not know this action; check whether the endpoint is that of an STS',
};

function advice(code: string, said: string, { roleArn }: StsSubject): string {
  if (code !== 'AccessDenied') {
    const known = Object.hasOwn(ADVICE, code) ? ADVICE[code] : undefined;
    return known === undefined ? '' : `; ${known}`;
  }
  if (/MultiFactorAuthentication/.test(said)) {
    return '; check `serialNumber`, and that `tokenCode` gives the code of this moment: each is good once';
  }
  const caller = /^User: (\S+) is not authorized/.exec(said)?.[1] ?? 'this caller';
  if (roleArn === undefined) return `; no policy may deny it to ${caller}`;
  return `; the trust policy of ${roleArn} does not allow ${caller} (with this \`externalId\`, source identity, MFA or tags, if it asks for them), or the caller's own policy does not allow the call, or there is no such role`;
}
