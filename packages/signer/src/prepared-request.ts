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
import { rulesOf, type ServiceRules } from './service-rules.ts';
import { headerNames, type SignerConfig } from './signer-options.ts';
import { targetOfHost, type Target } from './target.ts';

/** A request in canonical form, before it is signed. Nothing that its caller can still change, but for bytes. */
export interface PreparedRequest {
  readonly method: string;
  readonly url: CanonicalUrl;
  /** Without what an earlier signature left. */
  readonly headers: HeaderMap;
  readonly body: Uint8Array | string | undefined;
  /** Header names in lower case, beside the default ones. */
  readonly signHeaders: ReadonlySet<string>;
  readonly service: string;
  readonly rules: ServiceRules;
  /** What the host name tells. */
  readonly told: Target | undefined;
  readonly unsignedPayload: boolean;
  /** In the place of the body's own. */
  readonly payloadHash?: string;
}

/**
 * @throws {TypeError} a wrong method or header
 * @throws {SigV4Error} ERR_SIGV4_URL, ERR_SIGV4_INSECURE, ERR_SIGV4_BODY
 */
export function prepareRequest(
  request: SignableRequest,
  config: SignerConfig,
  options: SignOptions,
  schemes?: readonly string[],
): PreparedRequest {
  if (typeof request !== 'object' || request === null) {
    throw new TypeError('request: expected { method, url, headers?, body? }');
  }
  const url = parseUrl(request.url, schemes);
  refuseInsecure(url, config.allowInsecureHttp);
  refuseWebsite(url.hostname);
  const told = toldBy(url);
  const service = options.service ?? config.service ?? told?.service ?? 'execute-api';
  const known = rulesOf(service);
  const { normalizePath } = config;
  const rules = normalizePath === undefined ? known : { ...known, normalizesPath: normalizePath };
  if (!rules.normalizesPath) refuseDotSegments(request.url);
  return {
    method: canonicalMethod(request.method),
    url: withoutSignature(canonicalUrl(url)),
    headers: headerMap(request.headers, OF_A_SIGNATURE),
    body: checkBody(request.body),
    signHeaders:
      options.signHeaders === undefined
        ? config.signHeaders
        : new Set([...config.signHeaders, ...headerNames(options.signHeaders)]),
    service,
    rules,
    told,
    unsignedPayload: rules.unsignedPayload || (options.payload ?? config.payload) === 'unsigned',
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

function withoutSignature(url: CanonicalUrl): CanonicalUrl {
  if (!url.query.some(([name]) => QUERY_OF_A_SIGNATURE.test(name))) return url;
  return { ...url, query: url.query.filter(([name]) => !QUERY_OF_A_SIGNATURE.test(name)) };
}

/** Every HTTP client resolves them, and another object would be asked for. */
function refuseDotSegments(url: SignableRequest['url']): void {
  if (typeof url !== 'string') return;
  // As the URL parser reads it.
  const read = url
    .trim()
    .replaceAll(/[\t\n\r]/g, '')
    .replaceAll('\\', '/');
  const path = /^[a-z]+:\/*[^/?#]*([^?#]*)/i.exec(read)?.[1] ?? '';
  if (!/\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path)) return;
  throw new SigV4Error(
    'ERR_SIGV4_URL',
    'url: its path has a "." or ".." segment, which no HTTP client sends as it is; name the object otherwise',
  );
}

/** MQTT over WebSocket has a signing name of its own. */
function toldBy({ hostname, protocol }: URL): Target | undefined {
  const told = targetOfHost(hostname);
  return told?.service === 'iotdata' && protocol === 'wss:'
    ? { ...told, service: 'iotdevicegateway' }
    : told;
}

export function refuseWebsite(hostname: string): void {
  if (!/\.s3-website[.-][a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/.test(hostname)) return;
  throw new SigV4Error(
    'ERR_SIGV4_URL',
    `url: ${hostname} is a website endpoint of S3, which takes no signatures; use the bucket's REST endpoint, https://{bucket}.s3.{region}.amazonaws.com`,
  );
}

export function refuseInsecure(url: URL, allowed: boolean): void {
  if (allowed || !/^(?:http|ws):$/.test(url.protocol) || isLoopback(url.hostname)) return;
  throw new SigV4Error(
    'ERR_SIGV4_INSECURE',
    `url: ${url.protocol} to ${url.host} would show the session token and the content to everyone on the way; use https: or wss:, or set allowInsecureHttp: true`,
  );
}

/** RFC 6761 6.3, RFC 1122 3.2.1.3 (g), RFC 4291 2.5.3; the URL parser has put the address into its usual form. */
function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
