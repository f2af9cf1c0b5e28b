import { orAborted } from './abort.ts';
import type { Answer } from './answer.ts';
import type { CorrectedClock } from './corrected-clock.ts';
import type { Credentials } from './credentials.ts';
import { placeRequest } from './placement.ts';
import { prepareRequest, type PreparedRequest } from './prepared-request.ts';
import type { SignableRequest, SignedRequest, SignOptions } from './request.ts';
import type { Target } from './target.ts';
import { checkSignOptions, NO_OPTIONS, type SignerConfig } from './signer-options.ts';

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
  target: Target,
  credentials: Credentials,
  options: SignOptions,
) => Promise<SignedRequest>;

type Send = <A extends Answer>(
  request: SignableRequest,
  transport: (signed: SignedRequest) => Promise<A>,
  options?: SendOptions,
) => Promise<A>;

/** What is sent, and what may still be done about its answer. */
export interface Attempt {
  readonly prepared: PreparedRequest;
  readonly credentials: Credentials;
  readonly redirects: number;
  readonly mayRetry: boolean;
}

/** An attempt that was answered. */
export interface Answered {
  readonly attempt: Attempt;
  readonly signed: SignedRequest;
  readonly answer: Answer;
  /** By this machine's clock, ms since the epoch. */
  readonly sentAt: number;
  readonly receivedAt: number;
  /** That this machine's clock was corrected by, in ms. */
  readonly usedOffset: number;
}

/** The one loop that all clients send through. */
export function createSend(config: SignerConfig, clock: CorrectedClock, signAs: SignAs): Send {
  return async (request, transport, options = NO_OPTIONS) => {
    checkSignOptions(options);
    const { signal, maxRedirects = 0, date } = options;
    // Before the first await: what the caller changes from here on is too late.
    const prepared = prepareRequest(request, config, options);
    const placing = placeRequest(prepared, config, options);
    const target = placing instanceof Promise ? await orAborted(placing, signal) : placing;
    const credentials = await orAborted(config.credentials.get(signal), signal);
    const mayRetry = config.retryRejected && date === undefined;
    let attempt: Attempt | undefined = { prepared, credentials, redirects: 0, mayRetry };

    for (;;) {
      const usedOffset = clock.offset;
      const signed = await signAs(attempt.prepared, target, attempt.credentials, options);
      const sentAt = config.now();
      const answer = await transport(signed);
      if (answer.status < 300 && usedOffset === 0) return answer;
      const receivedAt = config.now();
      // Not loaded by those whose calls succeed.
      const { nextAttempt } = await import('./next-attempt.ts');
      const answered = { attempt, signed, answer, sentAt, receivedAt, usedOffset };
      attempt = await nextAttempt(answered, config, clock, { ...options, maxRedirects });
      if (attempt === undefined) return answer;
      await answer.body?.cancel();
    }
  };
}
