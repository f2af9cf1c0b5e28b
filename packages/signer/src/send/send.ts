import { FLAG, FUNCTION, readOptions, type OptionRules } from '../check-options.ts';
import type { Credentials } from '../credentials/credentials.ts';
import { NO_OPTIONS, SIGN_OPTIONS, withOwnValues, type SignOptions } from '../options.ts';
import { mayBeRejection, type Answer } from '../rejection/answer.ts';
import { explainPassed } from '../rejection/explain.ts';
import type { CapturedRequest, SignedRequest, UnreadBody } from '../request/request.ts';
import { isUrl } from '../request/url.ts';
import type { PreparedRequest } from '../signature/prepared-request.ts';
import { orAborted } from '../platform/abort.ts';
import type { Endpoint, Endpoints } from './endpoint.ts';
import type { Signing } from './signing.ts';

/** What puts a signed request on the wire. */
export type Transport<A extends Answer> = (signed: SignedRequest, unread?: object) => Promise<A>;

export interface SendOptions<A extends Answer = Answer> extends SignOptions {
  /** How many redirects to follow. Default: 0, so that they are answers. */
  readonly maxRedirects?: number | undefined;
  /** Ends the wait for credentials, region and body. The transport has to heed it by itself. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the transport adds an unsigned body that it can send only once. Then there is no second
   * attempt, and a redirect that asks for the body again is an error. Default: false.
   */
  readonly oneShotBody?: boolean | undefined;
  /**
   * Sends a request that is not one of those to be signed as its caller made it. Default: every
   * request is signed, whatever its host.
   */
  readonly pass?: (() => Promise<A>) | undefined;
  /**
   * With `pass`, and without `hosts`: only what goes to this URL's origin is to be signed, since an
   * absolute URL that leads elsewhere would take the session token with it. Default: any origin.
   */
  readonly baseUrl?: URL | string | undefined;
}

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

/** A call under way: what was sent, and how it was answered. */
export interface Attempt<A extends Answer> {
  readonly request: PreparedRequest;
  /** What a signature does not cover, and the transport adds. */
  readonly unread: object | undefined;
  readonly endpoint: Endpoint;
  readonly credentials: Credentials;
  readonly signed: SignedRequest;
  readonly answer: A;
  /** By this machine's clock, ms since the epoch. */
  readonly sentAt: number;
  readonly receivedAt: number;
  /** What this machine's clock was corrected by, in ms. */
  readonly usedOffset: number;
}

/**
 * The way of one request: decide, prepare, sign, send. What follows a refusal or a redirect is
 * loaded only then.
 *
 * @throws whatever `transport` throws, and the error of the credentials provider
 * @throws {TypeError} {SigV4Error} naming what cannot be signed
 */
export async function send<A extends Answer>(
  call: CapturedRequest,
  transport: Transport<A>,
  signing: Signing,
  sendOptions: SendOptions<A>,
): Promise<A> {
  const options = sendOptions === NO_OPTIONS ? sendOptions : readSendOptions(sendOptions);
  const { signal, pass } = options;
  if (pass !== undefined) {
    const reason = await reasonToPass(call, signing, options);
    if (reason !== undefined) return passBy(call, reason, pass, signing);
  }
  const endpoint = signing.endpointOf(call.url);
  // Given credentials are read while the call is made; their owner can change them.
  const given = signing.credentials.atHand();
  const placed = signing.place(endpoint, options);
  const placement = 'then' in placed ? await orAborted(placed, signal) : placed;
  const read = typeof call.body === 'function' ? await orAborted(call.body(), signal) : call.body;
  const unread = isUnread(read) ? read.unread : undefined;
  const body = isUnread(read) ? undefined : read;
  const payloadHash = await signing.payloadHash(body, placement, options);
  const request = signing.prepare(call, body, payloadHash, endpoint, placement, options);
  const credentials = given ?? (await orAborted(signing.credentials.get(signal), signal));
  const attempt = await sendOnce(
    { request, unread, endpoint, credentials },
    transport,
    signing,
    options,
  );
  if (isFinal(attempt, options)) return attempt.answer;
  // If that file is gone, the caller has more use for the answer than for that error.
  station ??= await import('./resume.ts').catch(() => undefined);
  return station ? station.resume(attempt, transport, signing, options) : attempt.answer;
}

/** It is kept, because a signer that corrects its clock looks at each answer. */
let station: typeof import('./resume.ts') | undefined;

/** One attempt, signed with the time and the credentials of this moment. */
export async function sendOnce<A extends Answer>(
  call: Pick<Attempt<A>, 'request' | 'unread' | 'endpoint' | 'credentials'>,
  transport: Transport<A>,
  signing: Signing,
  options: SignOptions,
): Promise<Attempt<A>> {
  const { request, unread, endpoint, credentials } = call;
  const usedOffset = endpoint.clockOffset;
  const signed = await signing.sign(request, endpoint, credentials, options);
  const sentAt = signing.now();
  const answer = await transport(signed, unread);
  const receivedAt = signing.now();
  return { ...call, signed, answer, sentAt, receivedAt, usedOffset };
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

function readSendOptions<A extends Answer>(given: SendOptions<A>): SendOptions<A> {
  const options = readOptions(given, SEND_OPTIONS as OptionRules<SendOptions<A>>, 'sigv4');
  return withOwnValues(options);
}

/**
 * Why a request is not one of those to be signed.
 *
 * @returns in words; `undefined` if it is, or cannot be told apart from one that is
 */
async function reasonToPass<A extends Answer>(
  { url, headers }: CapturedRequest,
  signing: Signing,
  { service, region, baseUrl }: SendOptions<A>,
): Promise<string | undefined> {
  const { authorization } = headers;
  if (authorization !== undefined && !authorization.startsWith('AWS4-')) {
    return 'it bears an Authorization header of another scheme';
  }
  const { endpoints, options } = signing;
  const isNamed =
    (service ?? region ?? options.service ?? options.region) !== undefined;
  let endpoint = endpoints.known(url);
  if (endpoint === undefined) {
    if (!URL.canParse(url)) {
      return isNamed && options.hosts === undefined ? undefined : 'its URL is not absolute';
    }
    endpoint = endpoints.of(new URL(url));
  }
  if (endpoint.told === null && !isNamed && options.hosts === undefined) await endpoint.tell();
  const reason = endpoint.reasonToPass(isNamed);
  if (reason !== undefined || baseUrl === undefined || options.hosts !== undefined) return reason;
  return isOfOrigin(endpoint, String(baseUrl), endpoints)
    ? undefined
    : 'its origin is not that of the base URL; name it in `hosts`, or give the call `sigv4` options, to have it signed';
}

/** Browsers resolve a relative base against the page; elsewhere it has no origin. */
function isOfOrigin(endpoint: Endpoint, base: string, endpoints: Endpoints): boolean {
  if (endpoints.known(base) === endpoint) return true;
  const page = globalThis.location?.href;
  return URL.canParse(base, page) && endpoints.of(new URL(base, page)) === endpoint;
}

/** Sends a request unsigned and tells of it. If AWS misses a signature then, that is told too. */
async function passBy<A extends Answer>(
  { url }: CapturedRequest,
  reason: string,
  pass: () => Promise<A>,
  signing: Signing,
): Promise<A> {
  const host = URL.canParse(url) ? new URL(url).host : '';
  signing.emit({ type: 'passed', host, reason });
  const answer = await pass();
  const rejection = await explainPassed(answer, reason);
  if (rejection !== undefined) signing.emit({ type: 'rejected', host, rejection });
  return answer;
}
