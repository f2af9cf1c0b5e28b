import { orAborted } from './abort.ts';
import { mayBeRejection, type Answer } from './rejection/answer.ts';
import type { TimedAnswer } from './clock-skew.ts';
import type { CorrectedClock } from './corrected-clock.ts';
import type { Credentials } from './credentials.ts';
import type { Awaitable } from './hash.ts';
import { placeRequest, type Placement } from './placement.ts';
import { prepareRequest, type PreparedRequest } from './prepared-request.ts';
import { refuse } from './refusal.ts';
import type { SignableRequest, SignedRequest, SignOptions } from './request.ts';
import { NO_OPTIONS, readSignOptions, type SignerConfig } from './signer-options.ts';

export interface SendOptions extends SignOptions {
  /** How many redirects to follow. Default: 0, they are answers. */
  readonly maxRedirects?: number;
  /** Stops waiting for credentials and region; stopping the transport is the transport's own business. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The transport adds a body, unsigned, that it can send only once: no second attempt, and no
   * redirect that asks for it again. Default: false.
   */
  readonly oneShotBody?: boolean;
}

export type SignAs = (
  prepared: PreparedRequest,
  placement: Placement,
  credentials: Credentials,
  options: SignOptions,
  into?: 'query',
) => Awaitable<SignedRequest>;

type Send = <A extends Answer>(
  request: SignableRequest,
  transport: (signed: SignedRequest) => Promise<A>,
  options?: SendOptions,
) => Promise<A>;

/** What was sent, and how it was answered. */
export interface Attempt extends TimedAnswer {
  readonly prepared: PreparedRequest;
  readonly credentials: Credentials;
  readonly signed: SignedRequest;
  /** What this machine's clock was corrected by, in ms. */
  readonly usedOffset: number;
  readonly mayRetry: boolean;
}

/** The one loop that all clients send through. */
export function createSend(config: SignerConfig, clock: CorrectedClock, signAs: SignAs): Send {
  return async (request, transport, given: SendOptions = NO_OPTIONS) => {
    // Before the first await: what the caller changes from here on is too late.
    const options = readSignOptions(given);
    const { signal, maxRedirects = 0, oneShotBody = false } = given;
    let prepared = prepareRequest(request, config, options);
    const placement = await orAborted(placeRequest(prepared, config, options), signal);
    let credentials = await orAborted(config.credentials.get(signal), signal);
    let redirects = 0;
    let mayRetry = config.retryRejected && options.date === undefined;

    for (;;) {
      const usedOffset = clock.offset;
      const signed = await signAs(prepared, placement, credentials, options);
      const sentAt = config.now();
      const answer = await transport(signed);
      const { status } = answer;
      const isRedirect = maxRedirects > 0 && status >= 300 && status < 400;
      if (!isRedirect && !mayBeRejection(status) && usedOffset === 0) return answer;
      const receivedAt = config.now();
      // Not loaded by those whose calls succeed.
      const loaded = await import('./next-attempt.ts').catch(() => undefined);
      // The caller has more use for the answer than for the news that a file is gone.
      if (loaded === undefined) return answer;
      const next = await loaded.nextAttempt(
        { prepared, credentials, signed, answer, sentAt, receivedAt, usedOffset, mayRetry },
        config,
        clock,
        { signal, maxRedirects, oneShotBody },
      );
      if (next === undefined) return answer;
      await answer.body?.cancel();
      if ('request' in next) {
        if (++redirects > maxRedirects) {
          refuse('redirects', prepared.url.host, String(maxRedirects));
        }
        prepared = prepareRequest(next.request, config, options);
      } else {
        credentials = next.credentials;
        mayRetry = false;
      }
    }
  };
}
