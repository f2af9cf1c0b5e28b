import { FLAG, FUNCTION, readOptions, type OptionRules } from '../check-options.ts';
import { NO_OPTIONS, SIGN_OPTIONS, withOwnValues } from '../options.ts';
import { orAborted } from '../platform/abort.ts';
import { mayBeRejection, type Answer } from '../rejection/answer.ts';
import { explainPassed } from '../rejection/explain.ts';
import {
  captureRequest,
  type CapturedRequest,
  type SignableRequest,
  type UnreadBody,
} from '../request/request.ts';
import { bearsSignature, isUrl, originText, urlOrNone } from '../request/url.ts';
import { targetAtHand } from '../target/host-target.ts';
import { sendOnce, type Attempt, type SendOptions, type Transport } from './attempt.ts';
import { originOf, PRESIGNED, type Endpoint } from './endpoint.ts';
import type { Signing } from './signing.ts';

const SEND_OPTIONS: OptionRules<SendOptions> = {
  ...SIGN_OPTIONS,
  maxRedirects: {
    expected: 'a whole number from 0',
    holds: (value) => Number.isInteger(value) && Number(value) >= 0,
  },
  signal: {
    expected: 'an AbortSignal',
    holds: (value) => typeof value === 'object' && value !== null && 'aborted' in value,
  },
  oneShotBody: FLAG,
  pass: FUNCTION,
  baseUrl: { expected: 'a URL', holds: (value) => typeof value === 'string' || isUrl(value) },
};

/**
 * The way of one request: decide, prepare, sign, send. What follows a refusal or a redirect is
 * loaded only then.
 *
 * @throws whatever `transport` throws, and the error of the credentials provider
 * @throws {TypeError} {SigV4Error} naming what cannot be signed
 */
export async function send<A extends Answer>(
  given: SignableRequest | CapturedRequest,
  transport: Transport<A>,
  signing: Signing,
  sendOptions: SendOptions<A>,
): Promise<A> {
  const options =
    sendOptions === NO_OPTIONS
      ? sendOptions
      : withOwnValues(readOptions(sendOptions, SEND_OPTIONS, 'sigv4'));
  const call = captureRequest(given);
  const { signal, pass } = options;
  if (pass !== undefined) {
    const told = reasonToPass(call, signing, options);
    const reason = typeof told === 'object' ? await told : told;
    if (reason !== undefined) return passBy(call, reason, pass, signing);
  }
  const endpoint = signing.endpointOf(call.url);
  // Given credentials are read while the call is made; their owner can change them.
  const atHand = signing.credentials.atHand();
  const placed = signing.place(endpoint, options);
  const placement = 'then' in placed ? await orAborted(placed, signal) : placed;
  const read = typeof call.body === 'function' ? await orAborted(call.body(), signal) : call.body;
  const unread = isUnread(read) ? read.unread : undefined;
  const body = isUnread(read) ? undefined : read;
  const hashing = signing.payloadHash(call, body, placement, options);
  const payloadHash = typeof hashing === 'string' ? hashing : await hashing;
  const request = signing.prepare(call, body, payloadHash, endpoint, placement, options);
  const credentials = atHand ?? (await orAborted(signing.credentials.get(signal), signal));
  const attempt = await sendOnce(
    { request, unread, endpoint, credentials },
    transport,
    signing,
    options,
  );
  if (isFinal(attempt, options)) return attempt.answer;
  // If that file is gone, the caller has more use for the answer than for that error.
  resume ??= await loadResume();
  return resume ? resume(attempt, transport, signing, options) : attempt.answer;
}

type Resume = <A extends Answer>(
  first: Attempt<A>,
  transport: Transport<A>,
  signing: Signing,
  options: SendOptions<A>,
) => Promise<A>;

/** It is kept, because a signer that corrects its clock looks at each answer. */
let resume: Resume | undefined;

async function loadResume(): Promise<Resume | undefined> {
  const station = await import('./resume.ts').catch(() => undefined);
  return station?.resume;
}

/** Whether there is nothing to do but to hand the answer on. */
function isFinal(
  { answer: { status }, usedOffset }: Attempt<Answer>,
  { maxRedirects = 0 }: SendOptions,
): boolean {
  const isRedirect = maxRedirects > 0 && status >= 300 && status < 400;
  return !isRedirect && !mayBeRejection(status) && usedOffset === 0;
}

function isUnread(body: Uint8Array | string | UnreadBody | undefined): body is UnreadBody {
  return typeof body === 'object' && 'unread' in body;
}

const FOREIGN = 'it bears an Authorization header of another scheme';

/**
 * Why a request is not one of those to be signed.
 *
 * @returns the reason in words; `undefined` if it is one, or cannot be told apart from one. It is a
 *   promise only if the table of AWS's hosts has to be loaded.
 */
function reasonToPass<A extends Answer>(
  { url, headers }: CapturedRequest,
  { endpoints, options }: Signing,
  { service, region, baseUrl }: SendOptions<A>,
): string | undefined | Promise<string | undefined> {
  const { authorization } = headers;
  const isForeign = authorization ? !authorization.startsWith('AWS4-') : false;
  const isNamed = (service ?? region ?? options.service ?? options.region) !== undefined;
  const known = endpoints.known(url);
  const parsed = known === undefined ? urlOrNone(url) : undefined;
  const endpoint = known ?? (parsed && endpoints.of(parsed));
  if (endpoint === undefined) {
    if (isForeign) return FOREIGN;
    return isNamed && options.hosts === undefined ? undefined : 'its URL is not absolute';
  }
  if (bearsSignature(url)) return PRESIGNED;
  // Some SDKs insist on a key of their own, so a host that the caller listed is signed all the same.
  if (isForeign && endpoint.isListed !== true) return FOREIGN;
  const decide = (): string | undefined => {
    const reason = endpoint.reasonToPass(isNamed);
    if (reason !== undefined || baseUrl === undefined || options.hosts !== undefined) return reason;
    return isOfOrigin(endpoint, String(baseUrl))
      ? undefined
      : 'its origin is not that of the base URL; name it in `hosts`, or give the call `sigv4` options, to have it signed';
  };
  const isToBeTold = endpoint.told === null && !isNamed && options.hosts === undefined;
  return isToBeTold ? endpoint.tell().then(decide) : decide();
}

/** Browsers resolve a relative base against the page; elsewhere it has no origin. */
function isOfOrigin({ origin }: Endpoint, base: string): boolean {
  if (originText(base) === origin) return true;
  const url = urlOrNone(base, globalThis.location?.href);
  return url !== undefined && originOf(url) === origin;
}

/**
 * Sends a request as it is and tells of it. If AWS misses a signature then, that is told too.
 *
 * @throws {SigV4Error} ERR_SIGV4_UNSIGNED
 */
async function passBy<A extends Answer>(
  { url }: CapturedRequest,
  reason: string,
  pass: () => Promise<A>,
  signing: Signing,
): Promise<A> {
  const { host = '', hostname = '' } = urlOrNone(url) ?? {};
  const { unsigned, hosts, onEvent } = signing.options;
  const isUnsigned = reason !== PRESIGNED;
  if (isUnsigned && unsigned === 'error') {
    const { refusal } = await import('./unsigned.ts');
    throw refusal(host, reason);
  }
  signing.emit({ type: 'passed', host, reason });
  // Whoever gives one of these options knows.
  const warned =
    isUnsigned &&
    (unsigned ?? hosts ?? onEvent) === undefined &&
    targetAtHand(hostname) !== undefined &&
    import('./unsigned.ts').then(({ warn }) => warn(host, reason)).catch(() => {});
  const answer = await pass();
  await warned;
  const rejection = await explainPassed(answer, reason);
  if (rejection !== undefined) signing.emit({ type: 'rejected', host, rejection });
  return answer;
}
