import { orAborted } from './abort.ts';
import { confirm, correct } from './clock-skew.ts';
import type { CorrectedClock } from './corrected-clock.ts';
import { isSame, type Credentials } from './credentials.ts';
import { SigV4Error } from './errors.ts';
import { redirectedRequest } from './redirect.ts';
import { remember } from './refusals.ts';
import { refusalOf, type Rejection } from './rejection.ts';
import type { SignableRequest } from './request.ts';
import type { Attempt, SendOptions } from './send.ts';
import type { SignerConfig } from './signer-options.ts';
import { targetOfHost } from './target.ts';

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

  const told = await targetOfHost(prepared.url.hostname);
  const refusal = await refusalOf(answer, signed, told?.region);
  if (refusal === undefined) {
    confirm(clock, attempt);
    return undefined;
  }
  const { rejection } = refusal;
  remember(answer, refusal);
  const { host } = prepared.url;
  config.emit({ type: 'rejected', host, rejection });
  if (!attempt.mayRetry) return undefined;

  if (config.clockSkewCorrection && mayBeSkew(rejection) && correct(clock, attempt, usedOffset)) {
    // The next call has the right time.
    if (options.oneShotBody) return undefined;
    config.emit({ type: 'retried', host, because: 'clock-skew', clockOffset: clock.offset });
    return { credentials };
  }
  const others = await otherCredentials(rejection, credentials, config, options.signal);
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
  { reason }: Rejection,
  refused: Credentials,
  config: SignerConfig,
  signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
  if (reason !== 'token-expired' && reason !== 'token-invalid') return undefined;
  let others: Credentials;
  try {
    others = await orAborted(Promise.resolve(config.credentials.replace(refused, signal)), signal);
  } catch (error) {
    // The next call meets the same error; this one has an answer.
    if (signal?.aborted) throw error;
    return undefined;
  }
  return isSame(others, refused) ? undefined : others;
}

/** Of an answer without text (to HEAD, or a stream) the type alone does not tell. */
function mayBeSkew({ reason, message }: Rejection): boolean {
  return reason === 'clock-skew' || (reason === 'signature-mismatch' && message === '');
}
