import { canonicalUrl, parseUrl, type CanonicalUrl, type QueryPair } from './canonical-url.ts';
import { isLoopback } from './loopback.ts';
import { refuse } from './refusal.ts';
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
  /** If it was given as a string: as it was. */
  readonly givenUrl: string | undefined;
  /** Without what an earlier signature left. */
  readonly headers: HeaderMap;
  readonly body: Uint8Array | string | undefined;
  /** Header names in lower case, beside the default ones. */
  readonly signHeaders: ReadonlySet<string>;
  /** Whether the caller wants the payload unsigned. */
  readonly unsignedPayload: boolean;
  /** In the place of the body's own. */
  readonly payloadHash?: string;
}

/** Reads a request at once: what its caller changes from then on is too late. */
export function prepareRequest(
  request: SignableRequest,
  config: SignerConfig,
  options: SignOptions,
  schemes?: readonly string[],
): PreparedRequest {
  if (typeof request !== 'object' || request === null) refuse('request');
  const url = parseUrl(request.url, schemes);
  refuseUnsignable(url, config.allowInsecureHttp);
  return {
    method: canonicalMethod(request.method),
    url: withoutSignature(canonicalUrl(url)),
    givenUrl: typeof request.url === 'string' ? request.url : undefined,
    headers: headerMap(request.headers, OF_A_SIGNATURE),
    body: checkBody(request.body),
    signHeaders:
      options.signHeaders === undefined
        ? config.signHeaders
        : new Set([...config.signHeaders, ...headerNames(options.signHeaders)]),
    unsignedPayload: (options.payload ?? config.payload) === 'unsigned',
  };
}

/** Made anew for each attempt; what an earlier one, or another signer, left is dropped. */
const OF_A_SIGNATURE: ReadonlySet<string> = new Set([
  'authorization',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-region-set',
  'x-amz-security-token',
]);

const QUERY_OF_A_SIGNATURE =
  /^X-Amz-(?:Algorithm|Credential|Date|Expires|Region-Set|SignedHeaders|Security-Token|Signature)$/;

function isOfASignature([name]: QueryPair): boolean {
  return name.startsWith('X-Amz-') && QUERY_OF_A_SIGNATURE.test(name);
}

function withoutSignature(url: CanonicalUrl): CanonicalUrl {
  if (!url.query.some(isOfASignature)) return url;
  return { ...url, query: url.query.filter((pair) => !isOfASignature(pair)) };
}

const WEBSITE = /\.s3-website[.-][a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/;

/** Website endpoints of S3, and http: to another machine. */
export function refuseUnsignable({ hostname, protocol, host }: URL, allowInsecure: boolean): void {
  if (hostname.includes('.s3-website') && WEBSITE.test(hostname)) refuse('website', hostname);
  const isSecure = protocol === 'https:' || protocol === 'wss:';
  if (!isSecure && !allowInsecure && !isLoopback(hostname)) {
    refuse('insecure', protocol, host);
  }
}
