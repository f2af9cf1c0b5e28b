import { orAborted } from './abort.ts';
import type { Answer } from './answer.ts';
import type { CorrectedClock } from './corrected-clock.ts';
import type { Credentials } from './credentials.ts';
import { SigV4Error } from './errors.ts';
import { placeRequest } from './placement.ts';
import { prepareRequest, type PreparedRequest } from './prepared-request.ts';
import type { Rejection } from './rejection.ts';
import type { SignableRequest, SignedRequest, SignOptions } from './request.ts';
import type { Target } from './target.ts';
import { checkSignOptions, type SignerConfig } from './signer-options.ts';

export interface SendOptions extends SignOptions {
  /** How many redirects to follow. Default: 0, they are answers. */
  readonly maxRedirects?: number;
  /** Stops waiting for credentials and region; stopping the transport is the transport's own business. */
  readonly signal?: AbortSignal | undefined;
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

/** The one loop that all clients send through. */
export function createSend(config: SignerConfig, clock: CorrectedClock, signAs: SignAs): Send {
  return async (request, transport, options = {}) => {
    checkSignOptions(options);
    const { signal, maxRedirects = 0, date } = options;
    // Before the first await: what the caller changes from here on is too late.
    let prepared = prepareRequest(request, config, options);
    const { host } = prepared.url;
    const placing = placeRequest(prepared, config, options);
    const target = placing instanceof Promise ? await orAborted(placing, signal) : placing;
    let credentials = await orAborted(config.credentials.get(signal), signal);
    let redirects = 0;
    let mayRetry = config.retryRejected;

    for (;;) {
      const usedOffset = clock.offset;
      const signed = await signAs(prepared, target, credentials, options);
      const sentAt = config.now();
      const answer = await transport(signed);
      const receivedAt = config.now();

      const isRedirect = maxRedirects > 0 && answer.status >= 300 && answer.status < 400;
      const next = isRedirect ? await redirected(prepared, answer) : undefined;
      if (next !== undefined) {
        if (++redirects > maxRedirects) {
          throw new SigV4Error(
            'ERR_SIGV4_REDIRECT',
            `redirect: ${host} redirected more than ${maxRedirects} times`,
          );
        }
        await answer.body?.cancel();
        prepared = prepareRequest(next, config, options);
        continue;
      }

      const rejection = mayBeRejection(answer) ? await explain(answer, signed) : undefined;
      if (rejection === undefined) {
        clock.confirm(answer, sentAt, receivedAt);
        return answer;
      }
      config.emit({ type: 'rejected', host, rejection });
      if (!mayRetry || date !== undefined) return answer;
      mayRetry = false;

      if (
        config.clockSkewCorrection &&
        mayBeSkew(rejection) &&
        clock.correct(answer, sentAt, receivedAt, usedOffset)
      ) {
        config.emit({ type: 'retried', host, because: 'clock-skew', clockOffset: clock.offset });
      } else {
        const others = await otherCredentials(rejection, credentials, signal);
        if (others === undefined) return answer;
        credentials = others;
        config.emit({ type: 'retried', host, because: 'credentials', clockOffset: clock.offset });
      }
      await answer.body?.cancel();
    }
  };

  /** @returns others than those that were refused, if there are any */
  async function otherCredentials(
    rejection: Rejection,
    refused: Credentials,
    signal: AbortSignal | undefined,
  ): Promise<Credentials | undefined> {
    if (rejection.reason !== 'token-expired' && rejection.reason !== 'token-invalid')
      return undefined;
    let others: Credentials;
    try {
      others = await orAborted(config.credentials.replace(refused, signal), signal);
    } catch (error) {
      // The next call meets the same error; this one has an answer.
      if (signal?.aborted) throw error;
      return undefined;
    }
    const same =
      others.accessKeyId === refused.accessKeyId && others.sessionToken === refused.sessionToken;
    return same ? undefined : others;
  }
}

// Loaded once there is a need for them: most programs never have it.
async function explain(answer: Answer, signed: SignedRequest): Promise<Rejection | undefined> {
  const { explainRejection } = await import('./rejection.ts');
  return explainRejection(answer, signed);
}

async function redirected(
  prepared: PreparedRequest,
  answer: Answer,
): Promise<SignableRequest | undefined> {
  const { redirectedRequest } = await import('./redirect.ts');
  return redirectedRequest(prepared, answer);
}

function mayBeRejection({ status }: Answer): boolean {
  return status === 400 || status === 401 || status === 403;
}

/** Of an answer without text (to HEAD, or a stream) the type alone does not tell. */
function mayBeSkew({ reason, message }: Rejection): boolean {
  return reason === 'clock-skew' || (reason === 'signature-mismatch' && message === '');
}
