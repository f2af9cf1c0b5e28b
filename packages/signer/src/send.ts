import type { Answer } from './answer.ts';
import type { CorrectedClock } from './corrected-clock.ts';
import type { Credentials } from './credentials.ts';
import { SigV4Error } from './errors.ts';
import { redirectedRequest } from './redirect.ts';
import { explainRejection, type Rejection } from './rejection.ts';
import type { SignableRequest, SignedRequest, SignOptions } from './request.ts';
import { checkSignOptions, type SignerConfig } from './signer-options.ts';

export interface SendOptions extends SignOptions {
  /** How many redirects to follow. Default: 0, they are answers. */
  readonly maxRedirects?: number;
  /** Stops waiting for credentials; stopping the transport is the transport's own business. */
  readonly signal?: AbortSignal | undefined;
}

type SignAs = (
  credentials: Credentials,
  request: SignableRequest,
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
    const { signal, maxRedirects = 0 } = options;
    let credentials = await config.credentials.get(signal);
    let redirects = 0;
    let mayRetry = config.retryRejected;

    for (;;) {
      const usedOffset = clock.offset;
      const signed = await signAs(credentials, request, options);
      const sentAt = config.now();
      const answer = await transport(signed);
      const receivedAt = config.now();

      const next = maxRedirects > 0 ? redirectedRequest(request, signed, answer) : undefined;
      if (next !== undefined) {
        if (++redirects > maxRedirects) {
          throw new SigV4Error(
            'ERR_SIGV4_REDIRECT',
            `redirect: ${new URL(signed.url).host} redirected more than ${maxRedirects} times`,
          );
        }
        await answer.body?.cancel();
        request = next;
        continue;
      }

      const rejection = await explainRejection(answer);
      if (rejection === undefined) {
        clock.confirm(answer, sentAt, receivedAt);
        return answer;
      }
      const { host } = new URL(signed.url);
      config.emit({ type: 'rejected', host, rejection });
      if (!mayRetry || options.date !== undefined) return answer;
      mayRetry = false;

      if (
        config.clockSkewCorrection &&
        rejection.reason === 'clock-skew' &&
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
    const others = await config.credentials.replace(refused, signal);
    const same =
      others.accessKeyId === refused.accessKeyId && others.sessionToken === refused.sessionToken;
    return same ? undefined : others;
  }
}
