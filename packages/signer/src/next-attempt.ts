import { orAborted } from './abort.ts';
import type { CorrectedClock } from './corrected-clock.ts';
import { isSame, type Credentials } from './credentials.ts';
import { SigV4Error } from './errors.ts';
import { prepareRequest } from './prepared-request.ts';
import { redirectedRequest } from './redirect.ts';
import { remember } from './refusals.ts';
import { refusalOf, type Rejection } from './rejection.ts';
import type { Answered, Attempt, SendOptions } from './send.ts';
import type { SignerConfig } from './signer-options.ts';

/**
 * Looks at an answer.
 *
 * @returns what to send next; `undefined` if the answer is for the caller
 * @throws {SigV4Error} ERR_SIGV4_REDIRECT
 */
export async function nextAttempt(
  answered: Answered,
  config: SignerConfig,
  clock: CorrectedClock,
  options: SendOptions,
): Promise<Attempt | undefined> {
  const { attempt, signed, answer, sentAt, receivedAt, usedOffset } = answered;
  const followed = followRedirect(answered, config, options);
  if (followed !== undefined) return followed;

  const refusal = await refusalOf(answer, signed, attempt.prepared.told?.region);
  if (refusal === undefined) {
    clock.confirm(answer, sentAt, receivedAt);
    return undefined;
  }
  const { rejection } = refusal;
  remember(answer, refusal);
  const { host } = attempt.prepared.url;
  config.emit({ type: 'rejected', host, rejection });
  if (!attempt.mayRetry) return undefined;

  if (
    config.clockSkewCorrection &&
    mayBeSkew(rejection) &&
    clock.correct(answer, sentAt, receivedAt, usedOffset)
  ) {
    // The next call has the right time.
    if (options.oneShotBody) return undefined;
    config.emit({ type: 'retried', host, because: 'clock-skew', clockOffset: clock.offset });
    return { ...attempt, mayRetry: false };
  }
  const credentials = await otherCredentials(rejection, attempt.credentials, config, options);
  if (credentials === undefined || options.oneShotBody) return undefined;
  config.emit({ type: 'retried', host, because: 'credentials', clockOffset: clock.offset });
  return { ...attempt, credentials, mayRetry: false };
}

function followRedirect(
  { attempt, answer }: Answered,
  config: SignerConfig,
  { maxRedirects = 0, oneShotBody, ...options }: SendOptions,
): Attempt | undefined {
  const next = maxRedirects > 0 ? redirectedRequest(attempt.prepared, answer) : undefined;
  if (next === undefined) return undefined;
  if (oneShotBody && next.method !== 'GET') {
    throw new SigV4Error(
      'ERR_SIGV4_REDIRECT',
      `redirect: ${attempt.prepared.url.host} answered ${answer.status}, which asks for the body again; it was a stream, and is gone. Call the new address with a new one, or leave out payload: 'unsigned' to have it kept`,
    );
  }
  const redirects = attempt.redirects + 1;
  if (redirects > maxRedirects) {
    throw new SigV4Error(
      'ERR_SIGV4_REDIRECT',
      `redirect: ${attempt.prepared.url.host} redirected more than ${maxRedirects} times`,
    );
  }
  return { ...attempt, prepared: prepareRequest(next, config, options), redirects };
}

/** @returns others than those that were refused, if there are any */
async function otherCredentials(
  { reason }: Rejection,
  refused: Credentials,
  config: SignerConfig,
  { signal }: SendOptions,
): Promise<Credentials | undefined> {
  if (reason !== 'token-expired' && reason !== 'token-invalid') return undefined;
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

/** Of an answer without text (to HEAD, or a stream) the type alone does not tell. */
function mayBeSkew({ reason, message }: Rejection): boolean {
  return reason === 'clock-skew' || (reason === 'signature-mismatch' && message === '');
}
