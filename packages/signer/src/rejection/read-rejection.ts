import type { Answer } from './answer.ts';
import type { Difference } from './canonical-differences.ts';
import { denialOf, explainDenial, type Denial } from './denial.ts';
import { errorType, isXml, readError } from './error-text.ts';
import { differencesOf, explainDifferences, scopeOf } from './differences.ts';
import { printable, redacted } from './printable.ts';
import { mayBeRefusal, remember, type Refusal } from './refusals.ts';
import type { SignedRequest } from '../request.ts';
import { targetOfHost } from '../target.ts';

/** Why AWS refused a request. */
export type RejectionReason =
  /** The signature's date is too far from the server's. */
  | 'clock-skew'
  /** The session is over. */
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

/** A refusal, in plain words. Holds no secret. */
export interface Rejection {
  readonly reason: RejectionReason;
  readonly status: number;
  /** AWS's error type, where it sent one: `InvalidSignatureException`, … */
  readonly type: string | undefined;
  /** AWS's message without the signature texts it may quote, at most 1,000 characters. */
  readonly message: string;
  /** What it means and what to do. */
  readonly explanation: string;
  /** In what AWS's view differs from what was signed; empty where AWS does not tell. */
  readonly differences: readonly Difference[];
  /** Who was denied what, where AWS tells. */
  readonly denial: Denial | undefined;
}

/** Tested from top to bottom on `type message`; the message alone decides where the type is ambiguous. */
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

const EXPLANATIONS: Readonly<Record<RejectionReason, string>> = {
  'clock-skew':
    "The clocks of this machine and of AWS are more than 5 minutes apart, or the request was on its way for that long. Set the machine's clock.",
  'token-expired':
    'The session of these credentials is over. Use a provider that renews them, such as assumeRole() or defaultCredentials().',
  'token-invalid':
    'AWS does not know this access key or its session token: a key that was deleted or deactivated, a token of another key, or keys of another partition.',
  'signature-mismatch':
    "The secret key is not the one of this access key, or what arrived is not what was signed. If the secret is right, look for whatever changes the request after signing (a proxy, another interceptor, a second encoding of the path or query), and compare the canonical request in AWS's answer with that of sign().",
  'wrong-scope':
    'The request is signed for another region or service than the one that answered. Name the right one in the options.',
  'not-signed':
    'No signature arrived, or the API has no such route: check stage, path and method, and whether this host is among those that are signed.',
  incomplete: 'The Authorization header that arrived is not one of Signature Version 4.',
  denied:
    "The signature is good, but a policy does not allow the call. Within one account the caller's policy or the API's resource policy must allow it, across accounts both must, and no policy may deny it.",
  forbidden:
    'The API gives no reason. HTTP APIs answer like this to a missing or wrong signature, a session that has ended, and a denial alike.',
};

/** A refusal; `undefined` if the answer is none. */
export async function refusalOf(
  answer: Answer,
  sent?: SignedRequest,
): Promise<Refusal | undefined> {
  const { status } = answer;
  if (!mayBeRefusal(status)) return undefined;
  // Other 400s are the API's own business, and their bodies are not ours to read.
  if (status === 400 && errorType(answer) === undefined && !isXml(answer)) return undefined;
  const error = await readError(answer, (text) => RULES.some(([pattern]) => pattern.test(text)));
  const { type } = error;
  const told = `${type ?? ''} ${error.message}`;
  const reason = RULES.find(([pattern]) => pattern.test(told))?.[1];
  if (status === 400 && reason === undefined) return undefined;
  const message = printable(error.message, sent);
  const region = error.region ?? (sent && (await regionOfHost(sent)));
  const differences = differencesOf({ ...error, region }, sent);
  const denial = denialOf(message);
  const text = redacted(error.text, sent);
  const rejection: Rejection = {
    reason: reason ?? 'forbidden',
    status,
    type: type && printable(type, sent),
    message,
    explanation:
      explainDifferences(differences) ??
      (denial && explainDenial(denial)) ??
      (sent && explainService(reason ?? 'forbidden', sent)) ??
      EXPLANATIONS[reason ?? 'forbidden'],
    differences,
    denial,
  };
  return { rejection, redacted: text === error.text ? undefined : text };
}

async function regionOfHost({ url }: SignedRequest): Promise<string | undefined> {
  return (await targetOfHost(new URL(url).hostname))?.region;
}

/** What a refusal means once it is known what was sent. */
function explainService(reason: RejectionReason, sent: SignedRequest): string | undefined {
  if (reason === 'not-signed') {
    return 'The request was sent with a signature, so the API has no such route (check stage, path and method), or something on the way drops the Authorization header.';
  }
  if ((reason === 'denied' || reason === 'forbidden') && scopeOf(sent).service === 'lambda') {
    return "Function URLs answer like this to a wrong signature and to a denial alike. The caller needs lambda:InvokeFunctionUrl and lambda:InvokeFunction on the function: within one account by the caller's policy or the function's, across accounts by both.";
  }
  return undefined;
}

/** See `explainPassed`. */
export function rejectionOfUnsigned(answer: Answer, reason: string): Rejection | undefined {
  const type = errorType(answer);
  if (type !== 'MissingAuthenticationTokenException') return undefined;
  const rejection: Rejection = {
    reason: 'not-signed',
    status: answer.status,
    type,
    message: 'Missing Authentication Token',
    explanation: `This request was sent without a signature: ${reason}.`,
    differences: [],
    denial: undefined,
  };
  remember(answer, { rejection, redacted: undefined });
  return rejection;
}
