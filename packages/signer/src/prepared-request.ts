import { canonicalUrl, parseUrl, type CanonicalUrl } from './canonical-url.ts';
import { SigV4Error } from './errors.ts';
import {
  canonicalMethod,
  checkBody,
  headerMap,
  type HeaderMap,
  type SignableRequest,
  type SignOptions,
} from './request.ts';
import { headerNames, type SignerConfig } from './signer-options.ts';

/** A request in canonical form, before it is signed. Nothing that its caller can still change, but for bytes. */
export interface PreparedRequest {
  readonly method: string;
  readonly url: CanonicalUrl;
  readonly headers: HeaderMap;
  readonly body: Uint8Array | string | undefined;
  /** Header names in lower case, beside the default ones. */
  readonly signHeaders: ReadonlySet<string>;
}

/**
 * @throws {TypeError} a wrong method or header
 * @throws {SigV4Error} ERR_SIGV4_URL, ERR_SIGV4_INSECURE, ERR_SIGV4_BODY
 */
export function prepareRequest(
  request: SignableRequest,
  config: SignerConfig,
  options: SignOptions,
): PreparedRequest {
  const url = parseUrl(request.url);
  refuseInsecure(url, config.allowInsecureHttp);
  return {
    method: canonicalMethod(request.method),
    url: canonicalUrl(url),
    headers: headerMap(request.headers),
    body: checkBody(request.body),
    signHeaders:
      options.signHeaders === undefined
        ? config.signHeaders
        : new Set([...config.signHeaders, ...headerNames(options.signHeaders)]),
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
