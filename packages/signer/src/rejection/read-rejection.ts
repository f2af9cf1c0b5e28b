import type { SignedRequest } from '../request/request.ts';
import { targetOfHost } from '../target/host-target.ts';
import { mayBeRejection, type Answer } from './answer.ts';
import { delayByTimer, readStart, UNREAD, type BodyStart, type Delay } from './body-start.ts';
import { denialOf, explainDenial } from './denial.ts';
import { differencesOf, explainDifferences } from './differences.ts';
import { errorType, isOfAwsType, readError } from './error-text.ts';
import { evidenceOf, explainClock, type Evidence, type Known } from './evidence.ts';
import { printable } from './printable.ts';
import { redactionFor, type Redaction } from './redaction.ts';
import { EXPLANATIONS, reasonOf, UNREAD_EXPLANATION, type Rejection } from './rejection.ts';
import { explainElsewhere, explainService } from './services.ts';

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
 * @param known what the signer knows beside the answer
 * @returns `undefined` if the answer is no rejection; never rejects
 */
export async function readRejection(
  answer: Answer,
  sent?: SignedRequest,
  delay: Delay = delayByTimer,
  known: Known = {},
): Promise<ReadRejection | undefined> {
  const { status } = answer;
  if (!mayBeRejection(status)) return undefined;
  try {
    return await read(answer, sent, delay, known);
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
  known: Known,
): Promise<ReadRejection | undefined> {
  const { status } = answer;
  const evidence = evidenceOf(answer, sent, known);
  if (status === 301 && !isMoved(answer)) return undefined;
  // Other 400s are the API's own business, and their bodies are not ours to read.
  const isOfAws = errorType(answer) !== undefined || isOfAwsType(answer) || evidence.isSessionAtS3;
  if (status === 400 && !isOfAws) return undefined;
  const start = await readStart(answer, delay);
  const rejection = await rejectionOf(answer, start, sent, evidence, known);
  if (rejection === undefined) return undefined;
  return { rejection, isRead: start.text !== '', quoted: sent && quotedIn(start, sent) };
}

/** S3 tells the region of a bucket that was asked for elsewhere, and no location. */
function isMoved({ headers }: Answer): boolean {
  return headers.get('x-amz-bucket-region') !== null && headers.get('location') === null;
}

function quotedIn({ text, isWhole }: BodyStart, sent: SignedRequest): QuotedSecrets | undefined {
  const redaction = redactionFor(sent);
  return isWhole && redaction.text(text) === text ? undefined : { redaction, isWhole };
}

async function rejectionOf(
  answer: Answer,
  start: BodyStart,
  sent: SignedRequest | undefined,
  evidence: Evidence,
  known: Known,
): Promise<Rejection | undefined> {
  const { status } = answer;
  const error = readError(answer, start, (text) => reasonOf(text) !== undefined);
  const { type } = error;
  const told = reasonOf(`${type ?? ''} ${error.message}`);
  const isRead = start.text !== '';
  const tellsNothing = told === undefined && (!isRead || error.message === 'Forbidden');
  const isElsewhere = status === 301 || (!isRead && evidence.isElsewhere);
  const isSilentS3 = !isRead && evidence.isSessionAtS3;
  if (status === 400 && told === undefined && !isElsewhere && !isSilentS3) return undefined;
  let reason = told ?? 'forbidden';
  if (isElsewhere) reason = 'wrong-scope';
  else if (tellsNothing && evidence.hasEnded) reason = 'token-expired';
  const message = printable(error.message, sent);
  const ofS3 = isElsewhere ? evidence.bucketRegion : undefined;
  const region = error.region ?? ofS3 ?? (sent && (await regionOfHost(sent)));
  const differences = differencesOf({ ...error, region }, sent, isElsewhere);
  const denial = denialOf(message);
  const isClock = reason === 'clock-skew';
  const clock = isClock || tellsNothing ? explainClock(evidence, known, isClock) : undefined;
  const safe = (text?: string): string | undefined => text && printable(text, sent);
  const explanation =
    (isElsewhere ? explainElsewhere(safe(region), safe(error.endpoint)) : undefined) ??
    explainDifferences(differences) ??
    (denial && explainDenial(denial)) ??
    explainService(reason, type, start.text, answer, sent) ??
    (isRead || reason !== 'forbidden' ? EXPLANATIONS[reason] : UNREAD_EXPLANATION);
  return {
    reason,
    status,
    type: type && printable(type, sent),
    message,
    explanation: clock === undefined ? explanation : `${explanation} ${clock}`,
    differences,
    denial,
  };
}

/** What the status alone tells. */
function bareRejection(status: number): Rejection | undefined {
  if (status === 400 || status === 301) return undefined;
  return {
    reason: 'forbidden',
    status,
    type: undefined,
    message: '',
    explanation: UNREAD_EXPLANATION,
    differences: [],
    denial: undefined,
  };
}

async function regionOfHost({ url }: SignedRequest): Promise<string | undefined> {
  return (await targetOfHost(new URL(url).hostname))?.region;
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
