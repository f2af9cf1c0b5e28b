import type { SignedRequest } from '../request/request.ts';
import { targetOfHost } from '../target/host-target.ts';
import { mayBeRejection, type Answer } from './answer.ts';
import { delayByTimer, readStart, UNREAD, type BodyStart, type Delay } from './body-start.ts';
import { denialOf, explainDenial } from './denial.ts';
import { differencesOf, explainDifferences, scopeOf } from './differences.ts';
import { errorType, isXml, readError } from './error-text.ts';
import { printable } from './printable.ts';
import { redactionFor, type Redaction } from './redaction.ts';
import { EXPLANATIONS, reasonOf, type Rejection, type RejectionReason } from './rejection.ts';

/** A rejection, and what is known of the answer that it was read from. */
export interface ReadRejection {
  readonly rejection: Rejection;
  /** Whether there was a text to read. Where there was none, the headers must do as evidence. */
  readonly isRead: boolean;
  /** `undefined` if the body is known to hold no secret. */
  readonly quoted: QuotedSecrets | undefined;
}

/** What a client does with a body that quotes secrets of the request, or may do so. */
export interface QuotedSecrets {
  /** What the body has to pass through on its way to the caller. */
  readonly redaction: Redaction;
  /** Whether all of the body has come, so that reading it takes no time. */
  readonly isWhole: boolean;
}

/**
 * Reads an answer: at most 64 KiB of its body, for at most two seconds, in work that grows with
 * what was read. The body stays readable from its beginning to its end.
 *
 * @param delay the timer
 * @returns `undefined` if the answer is no rejection; never rejects
 */
export async function readRejection(
  answer: Answer,
  sent?: SignedRequest,
  delay: Delay = delayByTimer,
): Promise<ReadRejection | undefined> {
  const { status } = answer;
  if (!mayBeRejection(status)) return undefined;
  try {
    return await read(answer, sent, delay);
  } catch {
    // A fault of ours must not take the place of the answer.
    const rejection = bareRejection(status);
    return rejection && { rejection, isRead: false, quoted: sent && quotedIn(UNREAD, sent) };
  }
}

async function read(
  answer: Answer,
  sent: SignedRequest | undefined,
  delay: Delay,
): Promise<ReadRejection | undefined> {
  // Other 400s are the API's own business, and their bodies are not ours to read.
  if (answer.status === 400 && errorType(answer) === undefined && !isXml(answer)) return undefined;
  const start = await readStart(answer, delay);
  const rejection = await rejectionOf(answer, start, sent);
  if (rejection === undefined) return undefined;
  return { rejection, isRead: start.text !== '', quoted: sent && quotedIn(start, sent) };
}

function quotedIn({ text, isWhole }: BodyStart, sent: SignedRequest): QuotedSecrets | undefined {
  const redaction = redactionFor(sent);
  return isWhole && redaction.text(text) === text ? undefined : { redaction, isWhole };
}

async function rejectionOf(
  answer: Answer,
  start: BodyStart,
  sent: SignedRequest | undefined,
): Promise<Rejection | undefined> {
  const { status } = answer;
  const error = readError(answer, start, (text) => reasonOf(text) !== undefined);
  const { type } = error;
  const told = reasonOf(`${type ?? ''} ${error.message}`);
  if (status === 400 && told === undefined) return undefined;
  const reason = told ?? 'forbidden';
  const message = printable(error.message, sent);
  const region = error.region ?? (sent && (await regionOfHost(sent)));
  const differences = differencesOf({ ...error, region }, sent);
  const denial = denialOf(message);
  return {
    reason,
    status,
    type: type && printable(type, sent),
    message,
    explanation:
      explainDifferences(differences) ??
      (denial && explainDenial(denial)) ??
      (sent && explainService(reason, sent)) ??
      EXPLANATIONS[reason],
    differences,
    denial,
  };
}

/** What the status alone tells. */
function bareRejection(status: number): Rejection | undefined {
  if (status === 400) return undefined;
  return {
    reason: 'forbidden',
    status,
    type: undefined,
    message: '',
    explanation: EXPLANATIONS.forbidden,
    differences: [],
    denial: undefined,
  };
}

async function regionOfHost({ url }: SignedRequest): Promise<string | undefined> {
  return (await targetOfHost(new URL(url).hostname))?.region;
}

/** What a rejection means once it is known what was sent. */
function explainService(reason: RejectionReason, sent: SignedRequest): string | undefined {
  if (reason === 'not-signed') {
    return 'The request was sent with a signature, so the API has no such route (check stage, path and method), or something on the way drops the Authorization header.';
  }
  if ((reason === 'denied' || reason === 'forbidden') && scopeOf(sent).service === 'lambda') {
    return "Function URLs answer like this to a wrong signature and to a denial alike. The caller needs lambda:InvokeFunctionUrl and lambda:InvokeFunction on the function: within one account by the caller's policy or the function's, across accounts by both.";
  }
  return undefined;
}

/** What `explainPassed` gives. */
export function rejectionOfUnsigned(answer: Answer, reason: string): Rejection | undefined {
  const type = errorType(answer);
  if (type !== 'MissingAuthenticationTokenException') return undefined;
  return {
    reason: 'not-signed',
    status: answer.status,
    type,
    message: 'Missing Authentication Token',
    explanation: `This request was sent without a signature: ${reason}.`,
    differences: [],
    denial: undefined,
  };
}

export { printable };
