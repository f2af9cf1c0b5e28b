import type { Answer } from './answer.ts';
import { CorrectedClock } from './corrected-clock.ts';
import { placeRequest, reasonToPass } from './placement.ts';
import { prepareRequest } from './prepared-request.ts';
import { explainPassed } from './rejection.ts';
import type { SignableRequest, SignedRequest, SignOptions } from './request.ts';
import { createSend, type SendOptions, type SignAs } from './send.ts';
import { signIntoHeader } from './signature.ts';
import { checkSignOptions, signerConfig, type SignerOptions } from './signer-options.ts';
import { SigningKeys } from './signing-key.ts';
import { timestamp } from './timestamp.ts';

/** Signs requests, and sends them through whatever client carries them. */
export interface Signer {
  /**
   * Signs a request as it is, whatever its host. The caller's request stays unchanged, and is
   * read at once; only its bytes, which are not copied, must not change until it was sent.
   *
   * @throws {TypeError} a wrong method, header or option
   * @throws {SigV4Error} a URL, body, region or credentials that cannot be signed; the error of
   *   the credentials provider is thrown as it is
   */
  sign(request: SignableRequest, options?: SignOptions): Promise<SignedRequest>;

  /**
   * Why a request to that URL is not one of those to be signed, by `hosts`, `service` and
   * `region`; `undefined` if it is. Clients ask before they read the body, and send such requests
   * untouched, by {@link Signer.pass}.
   */
  reasonToPass(
    request: Pick<SignableRequest, 'url'> & { readonly authorization?: string | undefined },
    options?: SignOptions,
  ): string | undefined;

  /**
   * Has `transport` send a request as it is, and tells the `passed` event. If AWS misses the
   * signature, the `rejected` event says that it was left out, and why.
   *
   * @returns the answer, untouched
   */
  pass<A extends Answer>(
    url: SignableRequest['url'],
    reason: string,
    transport: () => Promise<A>,
  ): Promise<A>;

  /**
   * Signs a request, has `transport` send it, and looks at the answer: after a rejection for a
   * skewed clock or a refused token it signs anew and sends once more. Redirects within the
   * origin are followed, each signed anew, up to `maxRedirects`.
   *
   * @returns the last answer, untouched
   * @throws as {@link Signer.sign}, and whatever `transport` throws
   * @throws {SigV4Error} ERR_SIGV4_REDIRECT
   */
  send<A extends Answer>(
    request: SignableRequest,
    transport: (signed: SignedRequest) => Promise<A>,
    options?: SendOptions,
  ): Promise<A>;
}

/**
 * A signer with its options, its signing keys and what it learned of AWS's clock. Make one for
 * each set of credentials and keep it.
 *
 * @throws {TypeError} naming the wrong option
 * @throws {SigV4Error} ERR_SIGV4_CREDENTIALS
 */
export function createSigner(options: SignerOptions): Signer {
  const config = signerConfig(options);
  const keys = new SigningKeys();
  const clock = new CorrectedClock(config.now);

  const signAs: SignAs = (prepared, target, credentials, date) =>
    signIntoHeader(prepared, target, credentials, timestamp(date?.getTime() ?? clock.now()), keys);

  return {
    async sign(request, signOptions = {}) {
      checkSignOptions(signOptions);
      // Before the first await: what the caller changes from here on is too late.
      const prepared = prepareRequest(request, config, signOptions);
      const target = await placeRequest(prepared.url, config, signOptions);
      return signAs(prepared, target, await config.credentials.get(), signOptions.date);
    },
    reasonToPass({ url, authorization }, signOptions = {}) {
      checkSignOptions(signOptions);
      return reasonToPass(url, authorization, config, signOptions);
    },
    async pass(url, reason, transport) {
      const host = hostOf(url);
      config.emit({ type: 'passed', host, reason });
      const answer = await transport();
      const rejection = explainPassed(answer, reason);
      if (rejection !== undefined) config.emit({ type: 'rejected', host, rejection });
      return answer;
    },
    send: createSend(config, clock, signAs),
  };
}

function hostOf(url: SignableRequest['url']): string {
  if (typeof url !== 'string') return url.host;
  return URL.canParse(url) ? new URL(url).host : '';
}
