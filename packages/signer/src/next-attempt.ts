import { orAborted } from './abort.ts';
import type { Answer } from './rejection/answer.ts';
import { confirm, correct, REFUSED_MS, TOLERATED_MS } from './clock-skew.ts';
import type { CorrectedClock } from './corrected-clock.ts';
import { isSame, type Credentials } from './credentials.ts';
import { SigV4Error } from './errors.ts';
import { redirectedRequest } from './redirect.ts';
import { remember } from './rejection/explain.ts';
import { readRejection, type ReadRejection } from './rejection/read-rejection.ts';
import type { Rejection } from './rejection/rejection.ts';
import type { SignableRequest } from './request.ts';
import type { Attempt, SendOptions } from './send.ts';
import type { SignerConfig } from './signer-options.ts';

/** What to send next: another request, or the same with these credentials. */
type Next = { readonly request: SignableRequest } | { readonly credentials: Credentials };

/**
 * Looks at an answer.
 *
 * @returns `undefined` if the answer is for the caller
 * @throws {SigV4Error} ERR_SIGV4_REDIRECT
 */
export async function nextAttempt(
  attempt: Attempt,
  config: SignerConfig,
  clock: CorrectedClock,
  options: SendOptions,
): Promise<Next | undefined> {
  const { prepared, credentials, signed, answer, usedOffset } = attempt;
  const request = options.maxRedirects ? redirectedRequest(prepared, answer) : undefined;
  if (request !== undefined) {
    if (options.oneShotBody && request.method !== 'GET') throw bodyIsGone(attempt);
    return { request };
  }

  const read = await readRejection(answer, signed);
  if (read === undefined) {
    confirm(clock, attempt);
    return undefined;
  }
  const { rejection } = read;
  remember(answer, read);
  const { host } = prepared.url;
  config.emit({ type: 'rejected', host, rejection });
  if (!attempt.mayRetry) return undefined;

  const skew = config.clockSkewCorrection ? leastSkew(read) : undefined;
  if (skew !== undefined && correct(clock, attempt, usedOffset, skew)) {
    // The next call has the right time.
    if (options.oneShotBody) return undefined;
    config.emit({ type: 'retried', host, because: 'clock-skew', clockOffset: clock.offset });
    return { credentials };
  }
  const others = await otherCredentials(attempt, rejection, config, options.signal);
  if (others === undefined || options.oneShotBody) return undefined;
  config.emit({ type: 'retried', host, because: 'credentials', clockOffset: clock.offset });
  return { credentials: others };
}

function bodyIsGone({ prepared, answer }: Attempt): SigV4Error {
  return new SigV4Error(
    'ERR_SIGV4_REDIRECT',
    `redirect: ${prepared.url.host} answered ${answer.status}, which asks for the body again; it was a stream, and is gone. Call the new address with a new one, or leave out payload: 'unsigned' to have it kept`,
  );
}

/** @returns others than those that were refused, if there are any */
async function otherCredentials(
  { answer, credentials: refused }: Attempt,
  rejection: Rejection,
  config: SignerConfig,
  signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
  const { reason } = rejection;
  const isRefused = reason === 'token-expired' || reason === 'token-invalid';
  if (!isRefused && !mayBeRevoked(answer, rejection, refused, config)) return undefined;
  let others: Credentials;
  try {
    others = await orAborted(config.credentials.replace(refused, signal), signal);
  } catch (error) {
    // The next call meets the same error; this one has an answer.
    if (signal?.aborted) throw error;
    return undefined;
  }
  return isSame(others, refused) ? undefined : others;
}

/** Which session was renewed last for a denial, and when, in ms since the epoch. */
const renewals = new WeakMap<SignerConfig, { readonly of: Credentials; readonly at: number }>();

/** A denial that stays one must not cost a session each time. */
const RENEW_AFTER_MS = 5 * 60_000;

/**
 * Revoking a role's sessions is a policy that denies everything to those that there are; a new one
 * may be allowed.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
 */
function mayBeRevoked(
  answer: Answer,
  { denial }: Rejection,
  denied: Credentials,
  config: SignerConfig,
): boolean {
  const isOfAws = answer.headers.get('x-amzn-errortype')?.startsWith('AccessDenied') === true;
  if (!isOfAws || !denial?.explicit || denied.sessionToken === undefined) return false;
  if (denial.policy !== undefined && denial.policy !== 'identity-based policy') return false;
  const last = renewals.get(config);
  const at = config.now();
  if (last && !isSame(last.of, denied) && Math.abs(at - last.at) < RENEW_AFTER_MS) {
    return false;
  }
  renewals.set(config, { of: denied, at });
  return true;
}

/** How far off the clock has to be, in ms, for this to be the reason; `undefined` if it is none. */
function leastSkew({ rejection, isRead }: ReadRejection): number | undefined {
  const { reason, message } = rejection;
  if (reason === 'clock-skew') return TOLERATED_MS;
  // Of an answer without text (to HEAD, or a stream) the type alone does not tell.
  if (reason === 'signature-mismatch' && message === '') return TOLERATED_MS;
  // HTTP APIs give no reason, and HEAD has no text; a clock that is off by this much would be one.
  return reason === 'forbidden' && (!isRead || message === 'Forbidden') ? REFUSED_MS : undefined;
}
