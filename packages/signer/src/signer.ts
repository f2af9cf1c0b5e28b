import type { Answer } from './rejection/answer.ts';
import { isUrl } from './canonical-url.ts';
import { correctedClock } from './corrected-clock.ts';
import { explainPassed } from './rejection/explain.ts';
import { signIntoHeader } from './header-signature.ts';
import type { SignatureEngine } from './engine.ts';
import { after, type Awaitable } from './hash.ts';
import { nativeEngine } from './native-engine.ts';
import { reasonOfOtherOrigin } from './other-origin.ts';
import { placeRequest, reasonToPass } from './placement.ts';
import { inWords } from './refusal.ts';
import { prepareRequest } from './prepared-request.ts';
import type { PresignOptions, SignableRequest, SignedRequest, SignOptions } from './request.ts';
import { createSend, type SendOptions, type SignAs } from './send.ts';
import {
  NO_OPTIONS,
  readSignOptions,
  signerConfig,
  type SignerConfig,
  type SignerOptions,
} from './signer-options.ts';
import { isRegionSet, type SigningContext } from './signing-context.ts';
import type { Target } from './target.ts';
import { timestamp } from './timestamp.ts';

const PRESIGNED_SCHEMES = ['https:', 'http:', 'wss:', 'ws:'];

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
   * A URL that lets whoever has it make this one request until it expires: as a link, for an
   * upload, or to open a WebSocket (`wss:`). A string or URL means GET. Headers that the request
   * names are signed by the same rules as ever and must be sent with it.
   *
   * @param options `expiresIn` in seconds, 1 to 604,800; default 900. It ends with the session
   *   that signed it, if that is earlier.
   * @throws as {@link Signer.sign}
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
   */
  presign(request: SignableRequest | URL | string, options?: PresignOptions): Promise<URL>;

  /**
   * Why a request to that URL is not one of those to be signed, by `hosts`, `service` and
   * `region`; `undefined` if it is. Clients ask before they read the body, and send such requests
   * untouched, by {@link Signer.pass}.
   *
   * @param request with `baseUrl`, only what goes to its origin is to be signed, unless there are
   *   `hosts`: an absolute URL that leads elsewhere would take the session token with it
   */
  reasonToPass(
    request: Pick<SignableRequest, 'url'> & {
      readonly authorization?: string | undefined;
      readonly baseUrl?: URL | string | undefined;
    },
    options?: SignOptions,
  ): Promise<string | undefined>;

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
 */
export function createSigner(signerOptions: SignerOptions): Signer {
  const config = signerConfig(signerOptions);
  const { contentSha256Header, signatureIn } = config;
  const engineFor = engines(config);
  const clock = correctedClock(config.now);

  const signAs: SignAs = (prepared, placement, credentials, { date, expiresIn = 300 }, into) =>
    after(engineFor(placement.target), (engine) => {
      const at = timestamp(date?.getTime() ?? clock.now());
      const context: SigningContext = {
        prepared,
        target: placement.target,
        rules: placement.rules,
        credentials,
        engine,
        date: at,
        contentSha256Header,
      };
      return (into ?? signatureIn) === 'header'
        ? signIntoHeader(context)
        : intoQuery(context, expiresIn);
    });
  const sign = (
    request: SignableRequest,
    given: SignOptions,
    into?: 'query',
    schemes?: readonly string[],
  ): Awaitable<SignedRequest> => {
    // Before anything is awaited: what the caller changes from here on is too late.
    const options = readSignOptions(given);
    const prepared = prepareRequest(request, config, options, schemes);
    return after(placeRequest(prepared, config, options), (placement) =>
      after(config.credentials.get(), (credentials) =>
        signAs(prepared, placement, credentials, options, into),
      ),
    );
  };
  const send = createSend(config, clock, signAs);

  return {
    sign: (request, options = NO_OPTIONS) => inWords(() => sign(request, options)),
    presign: (request, options = NO_OPTIONS) =>
      inWords(async () => {
        const asked =
          typeof request === 'string' || isUrl(request) ? { method: 'GET', url: request } : request;
        const lasting = { ...options, expiresIn: options?.expiresIn ?? 900 };
        return new URL((await sign(asked, lasting, 'query', PRESIGNED_SCHEMES)).url);
      }),
    async reasonToPass({ url, authorization, baseUrl }, options = NO_OPTIONS) {
      const reason = await reasonToPass(url, authorization, config, readSignOptions(options));
      if (reason !== undefined || !baseUrl || config.isSigned !== undefined) return reason;
      return reasonOfOtherOrigin(String(url), String(baseUrl));
    },
    async pass(url, reason, transport) {
      const host = hostOf(url);
      config.emit({ type: 'passed', host, reason });
      const answer = await transport();
      const rejection = await explainPassed(answer, reason);
      if (rejection !== undefined) config.emit({ type: 'rejected', host, rejection });
      return answer;
    },
    send: (request, transport, options) => inWords(() => send(request, transport, options)),
  };
}

/** Not loaded by those who sign headers only. */
async function intoQuery(context: SigningContext, expiresIn: number): Promise<SignedRequest> {
  const { signIntoQuery } = await import('./query-signature.ts');
  return signIntoQuery(context, expiresIn);
}

/** The engine for a target: as given, else by the algorithm, else by what the region needs. */
function engines({
  engine,
  algorithm,
}: SignerConfig): (target: Target) => Awaitable<SignatureEngine> {
  if (engine !== undefined) return () => engine;
  const native = nativeEngine();
  let sigv4a: Promise<SignatureEngine> | undefined;
  return ({ region }) => {
    if (algorithm === 'sigv4' || (algorithm === undefined && !isRegionSet(region))) return native;
    // Not loaded by those who do not need it.
    sigv4a ??= import('./sigv4a.ts').then(({ sigv4aEngine }) => sigv4aEngine());
    return sigv4a;
  };
}

function hostOf(url: SignableRequest['url']): string {
  if (typeof url !== 'string') return url.host;
  return URL.canParse(url) ? new URL(url).host : '';
}
