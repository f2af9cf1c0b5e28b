import type { Credentials } from '../credentials/credentials.ts';
import type { SignOptions } from '../options.ts';
import type { Answer } from '../rejection/answer.ts';
import type { SignedRequest } from '../request/request.ts';
import type { PreparedRequest } from '../signature/prepared-request.ts';
import type { Endpoint } from './endpoint.ts';
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
