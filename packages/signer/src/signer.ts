import { canonicalUrl, parseUrl } from './canonical-url.ts';
import { CorrectedClock } from './corrected-clock.ts';
import type { Credentials } from './credentials.ts';
import { SigV4Error } from './errors.ts';
import { placeRequest, reasonToPass } from './placement.ts';
import {
  canonicalMethod,
  checkBody,
  headerMap,
  type SignableRequest,
  type SignedRequest,
  type SignOptions,
} from './request.ts';
import type { Answer } from './answer.ts';
import { explainPassed } from './rejection.ts';
import { createSend, type SendOptions } from './send.ts';
import { signIntoHeader } from './signature.ts';
import {
  checkSignOptions,
  headerNames,
  signerConfig,
  type SignerOptions,
} from './signer-options.ts';
import { SigningKeys } from './signing-key.ts';
import { timestamp } from './timestamp.ts';

/** Signs requests, and sends them through whatever client carries them. */
export interface Signer {
  /**
   * Signs a request as it is, whatever its host. The caller's request stays unchanged.
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
   *
   * @throws {SigV4Error} ERR_SIGV4_URL
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

  async function signAs(
    credentials: Credentials,
    request: SignableRequest,
    signOptions: SignOptions,
  ): Promise<SignedRequest> {
    const url = parseUrl(request.url);
    refuseInsecure(url, config.allowInsecureHttp);
    const parts = {
      method: canonicalMethod(request.method),
      url: canonicalUrl(url),
      headers: headerMap(request.headers),
      body: checkBody(request.body),
      signHeaders: new Set([...config.signHeaders, ...headerNames(signOptions.signHeaders)]),
    };
    const target = await placeRequest(url, config, signOptions);
    const date = timestamp(signOptions.date?.getTime() ?? clock.now());
    return signIntoHeader(parts, target, credentials, date, keys);
  }

  return {
    async sign(request, signOptions = {}) {
      checkSignOptions(signOptions);
      return signAs(await config.credentials.get(), request, signOptions);
    },
    reasonToPass({ url, authorization }, signOptions = {}) {
      checkSignOptions(signOptions);
      return reasonToPass(parseUrl(url), authorization, config, signOptions);
    },
    async pass(url, reason, transport) {
      const { host } = parseUrl(url);
      config.emit({ type: 'passed', host, reason });
      const answer = await transport();
      const rejection = explainPassed(answer, reason);
      if (rejection !== undefined) config.emit({ type: 'rejected', host, rejection });
      return answer;
    },
    send: createSend(config, clock, signAs),
  };
}

function refuseInsecure(url: URL, allowed: boolean): void {
  if (allowed || url.protocol !== 'http:' || isLoopback(url.hostname)) return;
  throw new SigV4Error(
    'ERR_SIGV4_INSECURE',
    `url: http: to ${url.host} would show the session token and the content to everyone on the way; use https:, or set allowInsecureHttp: true`,
  );
}

/** RFC 6761 6.3, RFC 1122 3.2.1.3 (g), RFC 4291 2.5.3; the URL parser has put the address into its usual form. */
function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
