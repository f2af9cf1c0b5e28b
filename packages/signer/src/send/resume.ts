import { isSameSession, type Credentials } from '../credentials/credentials.ts';
import { SigV4Error } from '../errors.ts';
import type { Answer } from '../rejection/answer.ts';
import { remember } from '../rejection/explain.ts';
import { readRejection, type ReadRejection } from '../rejection/read-rejection.ts';
import type { Rejection } from '../rejection/rejection.ts';
import { emptyRecord } from '../empty-record.ts';
import type { SignedRequest } from '../request/request.ts';
import { bearsSignature } from '../request/url.ts';
import { dropSignature } from '../signature/header-signature.ts';
import type { PreparedRequest } from '../signature/prepared-request.ts';
import { orAborted } from '../platform/abort.ts';
import { REFUSED_MS } from '../rejection/evidence.ts';
import { confirm, correct, TOLERATED_MS } from './clock.ts';
import { PRESIGNED } from './endpoint.ts';
import { redirectedRequest } from './redirect.ts';
import { Renewals } from './renewals.ts';
import { sendOnce, type Attempt, type SendOptions, type Transport } from './attempt.ts';
import type { Signing } from './signing.ts';

/** A redirect to a URL that bears a signature of its own. */
interface Passed {
  readonly passed: SignedRequest;
  /** Where a further redirect starts from. */
  readonly request: PreparedRequest;
  readonly unread: object | undefined;
}

/** What to send next. */
interface Next {
  readonly request: PreparedRequest;
  readonly unread: object | undefined;
  readonly credentials: Credentials;
  readonly because: 'redirect' | 'clock-skew' | RenewalReason;
}

/** Why credentials are renewed. */
type RenewalReason = 'token-expired' | 'token-invalid' | 'revoked';

/**
 * Goes on after an answer that may be a refusal or a redirect. It follows redirects, and sends the
 * request once more after a rejection that signing anew can mend.
 *
 * @returns the last answer, untouched
 * @throws {SigV4Error} ERR_SIGV4_REDIRECT
 */
export async function resume<A extends Answer>(
  first: Attempt<A>,
  transport: Transport<A>,
  signing: Signing,
  options: SendOptions<A>,
): Promise<A> {
  const { maxRedirects = 0 } = options;
  let attempt = first;
  let redirects = 0;
  let retried: Next['because'] | undefined;
  let isPassed = false;
  for (;;) {
    const next: Next | Passed | undefined = await nextOf(
      attempt,
      signing,
      options,
      isPassed ? 'passed' : retried,
    );
    if (next === undefined) return attempt.answer;
    // It rejects if the connection broke meanwhile, which is no reason not to go on.
    await attempt.answer.body?.cancel().catch(() => {});
    isPassed = 'passed' in next;
    if ('passed' in next || next.because === 'redirect') redirects += 1;
    else retried = next.because;
    if (redirects > maxRedirects) {
      throw new SigV4Error(
        'ERR_SIGV4_REDIRECT',
        `redirect: ${attempt.request.host} redirected more than ${maxRedirects} times`,
      );
    }
    attempt =
      'passed' in next
        ? { ...attempt, ...next, answer: await transport(next.passed, next.unread) }
        : await sendOnce({ ...next, endpoint: attempt.endpoint }, transport, signing, options);
  }
}

/** @returns `undefined` if the answer is for the caller */
async function nextOf<A extends Answer>(
  attempt: Attempt<A>,
  signing: Signing,
  options: SendOptions<A>,
  retried: Next['because'] | 'passed' | undefined,
): Promise<Next | Passed | undefined> {
  const { request, unread, endpoint, credentials, signed, answer, usedOffset } = attempt;
  const isOneShot =
    options.oneShotBody === true || (unread !== undefined && !(unread instanceof Blob));
  const redirected = options.maxRedirects ? redirectedRequest(request, answer) : undefined;
  if (redirected !== undefined) {
    const isGet = redirected.method === 'GET';
    if (isOneShot && !isGet) throw bodyIsGone(request.host, answer.status);
    const { placement, sendsPayloadHash } = request;
    const { body } = redirected;
    const payloadHash =
      body === request.body
        ? request.payloadHash
        : await signing.payloadHash(redirected, body, placement, options);
    const prepared = signing.prepare(redirected, body, payloadHash, endpoint, placement, options);
    const again = { ...prepared, sendsPayloadHash };
    const rest = isGet ? undefined : unread;
    const isOurs = redirected.url.includes(`X-Amz-Signature=${signed.signature}`);
    if (bearsSignature(redirected.url) && !isOurs) {
      signing.emit({ type: 'passed', host: request.host, reason: PRESIGNED });
      const { origin } = endpoint;
      const { pathname: path, search } = new URL(redirected.url);
      const url = { origin, path, search };
      return { passed: unsigned(redirected), request: { ...again, url }, unread: rest };
    }
    return { request: again, unread: rest, credentials, because: 'redirect' };
  }
  // Nothing of ours was refused.
  if (retried === 'passed') return undefined;

  const { clockSkewCorrection, retryRejected } = signing.options;
  const correctsClock = clockSkewCorrection !== false;
  const known = { expiration: credentials.expiration, correctsClock };
  const read = await readRejection(answer, signed, undefined, known);
  if (read === undefined) {
    confirm(endpoint, attempt);
    return undefined;
  }
  const { rejection } = read;
  remember(answer, read);
  const host = request.host;
  signing.emit({ type: 'rejected', host, rejection });
  const renewalReason = reasonToRenew(answer, rejection, credentials);
  endpoint.renewals ??= new Renewals();
  if (retried !== undefined && retried === renewalReason) endpoint.renewals.stop(retried);
  if (retried !== undefined || options.date !== undefined) return undefined;
  // What is learned helps the next call, if this one cannot be sent again.
  const mayRetry = retryRejected !== false && !isOneShot;

  // Copy the headers: the signed request that was handed out must stay as it was.
  const headers = Object.assign(emptyRecord(), request.headers);
  const again = { request: { ...request, headers }, unread };
  const skew = correctsClock ? leastSkew(read) : undefined;
  if (skew !== undefined && correct(endpoint, attempt, usedOffset, skew)) {
    if (!mayRetry) return undefined;
    const { clockOffset } = endpoint;
    signing.emit({ type: 'retried', host, because: 'clock-skew', clockOffset });
    return { ...again, credentials, because: 'clock-skew' };
  }
  if (renewalReason === undefined) return undefined;
  if (!endpoint.renewals.allow(renewalReason, credentials, signing.now())) return undefined;
  const asking = otherCredentials(credentials, signing, options.signal);
  if (!mayRetry) {
    // Nobody waits for them here.
    asking.catch(() => {});
    return undefined;
  }
  const others = await asking;
  if (others === undefined) return undefined;
  const { clockOffset } = endpoint;
  signing.emit({ type: 'retried', host, because: 'credentials', clockOffset });
  return { ...again, credentials: others, because: renewalReason };
}

/** What is sent as it is, without what signing has added. */
function unsigned({
  method,
  url,
  headers,
  body,
}: ReturnType<typeof redirectedRequest> & object): SignedRequest {
  dropSignature(headers);
  const none = { canonicalRequest: '', stringToSign: '', signature: '' };
  return { method, url, headers, ...(body !== undefined && { body }), ...none };
}

function bodyIsGone(host: string, status: number): SigV4Error {
  return new SigV4Error(
    'ERR_SIGV4_REDIRECT',
    `redirect: ${host} answered ${status}, which asks for the body again; it was a stream, and is gone. Call the new address with a new one, or leave out payload: 'unsigned' to have it kept`,
  );
}

/** @returns others than those that were refused, if there are any */
async function otherCredentials(
  refused: Credentials,
  signing: Signing,
  signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
  try {
    const others = await orAborted(signing.credentials.replace(refused, signal), signal);
    return isSameSession(others, refused) ? undefined : others;
  } catch (error) {
    // The next call meets the same error; this one has an answer.
    if (signal?.aborted) throw error;
    return undefined;
  }
}

/**
 * Why other credentials may be taken. Who revokes a role's sessions attaches a policy that denies
 * everything to those that there are, so a new session may be allowed.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
 */
function reasonToRenew(
  answer: Answer,
  { reason, status, denial }: Rejection,
  { sessionToken }: Credentials,
): RenewalReason | undefined {
  if (reason === 'token-expired' || reason === 'token-invalid') return reason;
  // S3 answers HEAD like this to a session that has ended, and tells no more.
  if (reason === 'forbidden' && status === 400) return 'token-expired';
  const isOfAws = answer.headers.get('x-amzn-errortype')?.startsWith('AccessDenied') === true;
  if (!isOfAws || !denial?.explicit || sessionToken === undefined) return undefined;
  const isOfIdentity = denial.policy === undefined || denial.policy === 'identity-based policy';
  return isOfIdentity ? 'revoked' : undefined;
}

/** How far off the clock has to be, in ms, to be the reason; `undefined` if it cannot be. */
function leastSkew({ rejection, isRead }: ReadRejection): number | undefined {
  const { reason, message } = rejection;
  if (reason === 'clock-skew') return TOLERATED_MS;
  // An answer without text (to HEAD, or a stream) tells its type only.
  if (reason === 'signature-mismatch' && message === '') return TOLERATED_MS;
  // HTTP APIs give no reason, and HEAD has no text. A clock that is off by this much is a reason.
  return reason === 'forbidden' && (!isRead || message === 'Forbidden') ? REFUSED_MS : undefined;
}
