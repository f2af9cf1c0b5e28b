import { hash } from '#hash';

import { credentialsSource, type CredentialsSource } from '../credentials/credentials-source.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { SigV4Event } from '../events.ts';
import { readSignerOptions, type SignerOptions, type SignOptions } from '../options.ts';
import type { Awaitable } from '../platform/hash.ts';
import { quietListener } from '../quiet-listener.ts';
import type { HeaderRecord } from '../request/headers.ts';
import { EMPTY_HASH, UNSIGNED_PAYLOAD } from '../request/payload-hash.ts';
import { canonicalMethod, type CapturedRequest, type SignedRequest } from '../request/request.ts';
import { canonicalUrl, HTTP, parseUrl } from '../request/url.ts';
import type { SignatureEngine } from '../signature/engine.ts';
import { signIntoHeader } from '../signature/header-signature.ts';
import type { QueryLifetime } from '../signature/query-signature.ts';
import { nativeEngine } from '../signature/native-engine.ts';
import type { PreparedRequest } from '../signature/prepared-request.ts';
import { makeStamp, type Stamp } from '../signature/stamp.ts';
import { timestamp, type Timestamp } from '../signature/timestamp.ts';
import { placementOf, type Placement } from '../target/placement.ts';
import { isRegionSet } from '../target/region.ts';
import { refuseDotSegments } from '../target/signable.ts';
import { Endpoints, type Endpoint } from './endpoint.ts';

/** A signer's options, and what it keeps from one request to the next. */
export class Signing {
  readonly options: SignerOptions;
  readonly credentials: CredentialsSource;
  readonly endpoints: Endpoints;
  readonly emit: (event: SigV4Event) => void;
  readonly now: () => number;
  readonly #signHeaders: ReadonlySet<string>;
  readonly #native: SignatureEngine = nativeEngine();
  #sigv4a: SignatureEngine | undefined;

  constructor(given: SignerOptions) {
    this.options = readSignerOptions(given);
    this.credentials = credentialsSource(this.options.credentials);
    this.endpoints = new Endpoints(this.options);
    this.emit = quietListener(this.options.onEvent);
    this.now = this.options.now ?? Date.now;
    this.#signHeaders = lowerCase(this.options.signHeaders);
  }

  /**
   * The endpoint of a request that is to be signed.
   *
   * @param schemes that can be signed here; default http(s)
   * @throws {SigV4Error} ERR_SIGV4_URL, ERR_SIGV4_INSECURE
   */
  endpointOf(url: string, schemes?: readonly string[]): Endpoint {
    const known = this.endpoints.known(url);
    // An origin can be known from a link, or from a call that was passed on: schemes differ there.
    const endpoint =
      known && (schemes ?? HTTP).includes(known.url.protocol)
        ? known
        : this.endpoints.of(parseUrl(url, schemes));
    endpoint.refuseUnsignable(this.options.allowInsecureHttp === true);
    return endpoint;
  }

  /**
   * Where a request goes: what the call says, else the signer's options and the host name.
   *
   * @throws {TypeError} a region function, or AWS_REGION, that gives no region
   * @throws {SigV4Error} ERR_SIGV4_REGION
   */
  place(endpoint: Endpoint, { service, region }: SignOptions): Placement | Promise<Placement> {
    const isOfSigner = (service ?? region) === undefined;
    return (isOfSigner ? endpoint.placement : undefined) ?? this.#find(endpoint, service, region);
  }

  async #find(endpoint: Endpoint, ofCall?: string, regionOfCall?: string): Promise<Placement> {
    const service = ofCall ?? this.options.service;
    const region = regionOfCall ?? this.options.region;
    const { normalizePath } = this.options;
    // The table of AWS's hosts need not be loaded where both are named.
    const isNamed = service !== undefined && region !== undefined;
    if (endpoint.told === null && !isNamed) await endpoint.tell();
    const told = endpoint.told ?? undefined;
    const named = { service, region, normalizePath };
    const placement = await placementOf(endpoint.url, told, named, this.options.credentials);
    const isOfSigner = (ofCall ?? regionOfCall) === undefined;
    if (isOfSigner && placement.isStable) endpoint.placement = placement;
    return placement;
  }

  /**
   * Puts a request into canonical form, once for all its attempts.
   *
   * @throws {TypeError} naming the field
   * @throws {SigV4Error} ERR_SIGV4_URL
   */
  prepare(
    { method, url, headers }: CapturedRequest,
    body: Uint8Array | string | undefined,
    payloadHash: string,
    endpoint: Endpoint,
    placement: Placement,
    options: SignOptions,
  ): PreparedRequest {
    const { rules } = placement;
    if (!rules.normalizesPath) refuseDotSegments(url);
    return {
      method: canonicalMethod(method),
      url: canonicalUrl(url, endpoint.origin),
      host: endpoint.url.host,
      headers,
      body,
      signHeaders: options.signHeaders
        ? new Set([...this.#signHeaders, ...lowerCase(options.signHeaders)])
        : this.#signHeaders,
      payloadHash,
      sendsPayloadHash:
        ownHashOf(headers) !== undefined ||
        (this.options.contentSha256Header ??
          (rules.needsContentSha256 || payloadHash === UNSIGNED_PAYLOAD)),
      placement,
    };
  }

  /**
   * SHA-256 in hexadecimal, or one of AWS's words.
   *
   * @throws {TypeError} if the caller's own `x-amz-content-sha256` contradicts the body
   */
  payloadHash(
    { headers }: Pick<CapturedRequest, 'headers'>,
    body: Uint8Array | string | undefined,
    { rules }: Placement,
    { payload = this.options.payload, signatureIn = this.options.signatureIn }: SignOptions,
  ): Awaitable<string> {
    const own = ownHashOf(headers);
    if (own !== undefined) {
      return import('./own-hash.ts').then(({ heeded }) =>
        heeded(own, body, rules, payload, signatureIn),
      );
    }
    if (rules.unsignedPayload || payload === 'unsigned') return UNSIGNED_PAYLOAD;
    return body === undefined ? EMPTY_HASH : hash.sha256Hex(body);
  }

  /**
   * Signs a prepared request; what it signs with is decided at each attempt.
   *
   * @param ofLink how many seconds it is good, if it makes a link and neither call nor URL tell
   * @throws {TypeError} if the call or the URL has a lifetime, and the signature none
   * @throws {SigV4Error} ERR_SIGV4_URL if the URL bears a signature that is not of SigV4
   */
  sign(
    request: PreparedRequest,
    endpoint: Endpoint,
    credentials: Credentials,
    { date, expiresIn, signatureIn = this.options.signatureIn }: SignOptions,
    ofLink?: number,
  ): Promise<SignedRequest> {
    const from = date?.getTime() ?? this.now() + endpoint.clockOffset;
    const at = timestamp(from);
    const engine = this.#engineFor(request.placement);
    const isPlain =
      ofLink === undefined &&
      signatureIn !== 'query' &&
      expiresIn === undefined &&
      !OF_SIGNATURES.test(request.url.search);
    if (isPlain && engine !== undefined) {
      return signIntoHeader(request, stampOf(endpoint, request, credentials, at, engine), engine);
    }
    const lifetime = { signatureIn, expiresIn, ofLink, from, emit: this.emit };
    return this.#signOtherwise(request, endpoint, credentials, at, isPlain ? undefined : lifetime);
  }

  /** Signs, or refuses to, with what those who sign headers by SigV4 do not load. */
  async #signOtherwise(
    request: PreparedRequest,
    endpoint: Endpoint,
    credentials: Credentials,
    at: Timestamp,
    lifetime: QueryLifetime | undefined,
  ): Promise<SignedRequest> {
    const engine = this.#engineFor(request.placement) ?? (await this.#loadSigV4a());
    const stamp = stampOf(endpoint, request, credentials, at, engine);
    if (lifetime === undefined) return signIntoHeader(request, stamp, engine);
    const { signHeedingQuery } = await import('../signature/query-signature.ts');
    return signHeedingQuery(request, stamp, engine, lifetime);
  }

  /** The engine as given, else by the algorithm, else by what the region needs. */
  #engineFor({ target }: Placement): SignatureEngine | undefined {
    const { engine, algorithm } = this.options;
    if (engine !== undefined) return engine;
    const isSigV4a = algorithm === undefined ? isRegionSet(target.region) : algorithm === 'sigv4a';
    return isSigV4a ? this.#sigv4a : this.#native;
  }

  async #loadSigV4a(): Promise<SignatureEngine> {
    const { sigv4aEngine } = await import('../signature/sigv4a.ts');
    this.#sigv4a ??= sigv4aEngine();
    return this.#sigv4a;
  }
}

/** What a query may hold of signatures. */
const OF_SIGNATURES = /X-Amz-Expires=|Signature=/;

/** That of the last signature for this endpoint, if nothing of it has changed. */
function stampOf(
  endpoint: Endpoint,
  { host, placement }: PreparedRequest,
  credentials: Credentials,
  date: Timestamp,
  engine: SignatureEngine,
): Stamp {
  const last = endpoint.stamp;
  if (last?.date === date && last.credentials === credentials && last.placement === placement) {
    return last;
  }
  const stamp = makeStamp(host, placement, credentials, date, engine);
  endpoint.stamp = stamp;
  return stamp;
}

/**
 * The caller's own `x-amz-content-sha256`. Beside a signature of SigV4, it is what that one left.
 */
function ownHashOf(headers: HeaderRecord): string | undefined {
  return headers['authorization']?.startsWith('AWS4-')
    ? undefined
    : headers['x-amz-content-sha256'];
}

function lowerCase(names: readonly string[] = []): ReadonlySet<string> {
  return new Set(names.map((name) => name.toLowerCase()));
}
