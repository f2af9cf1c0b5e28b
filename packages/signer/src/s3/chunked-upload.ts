import { checkOption, FLAG, FUNCTION, readOptions, type OptionRules } from '../check-options.ts';
import { credentialsSource } from '../credentials/credentials-source.ts';
import { SIGNER_OPTIONS, type SignerOptions } from '../options.ts';
import { captureRequest, canonicalMethod } from '../request/request.ts';
import { canonicalUrl, parseUrl } from '../request/url.ts';
import { signIntoHeader } from '../signature/header-signature.ts';
import { nativeEngine } from '../signature/native-engine.ts';
import { SigningKeys } from '../signature/signing-key.ts';
import { makeStamp } from '../signature/stamp.ts';
import { timestamp } from '../signature/timestamp.ts';
import { targetOfHost } from '../target/host-target.ts';
import { placementOf } from '../target/placement.ts';
import { refuseDotSegments, refuseUnsignable } from '../target/signable.ts';
import type { ChunkedUpload, Trailer } from './upload.ts';

/** How an upload is signed chunk by chunk, and by whom. */
export interface ChunkedUploadOptions extends Pick<
  SignerOptions,
  'credentials' | 'region' | 'service' | 'signHeaders' | 'allowInsecureHttp'
> {
  /**
   * The clock for a URL, ms since the epoch; `now` of a signer knows what that learned. Default:
   * `Date.now`.
   */
  readonly now?: ((url: string) => number) | undefined;
  /** Bytes of each chunk but the last, at least 8,192. Default: 65,536. */
  readonly chunkSize?: number | undefined;
}

/** Send exactly this. The body can be read once. */
export interface SignedUpload {
  readonly method: string;
  readonly url: string;
  /** `content-length` included. */
  readonly headers: Record<string, string>;
  readonly body: ReadableStream<Uint8Array>;
  /** The signature of the headers, to which those of the chunks are chained. */
  readonly signature: string;
}

/**
 * Signs a stream for S3 chunk by chunk, without holding more than one chunk
 * (`STREAMING-AWS4-HMAC-SHA256-PAYLOAD`, and `-TRAILER` with a trailer).
 *
 * The body fails with `SigV4Error` ERR_SIGV4_BODY if it is not as long as it was said to be.
 *
 * @throws {TypeError} naming the wrong option
 * @throws {SigV4Error} as `sign()` of a signer
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export async function signChunkedUpload(
  upload: ChunkedUpload,
  options: ChunkedUploadOptions,
): Promise<SignedUpload> {
  const { chunkSize = 65_536, now = Date.now, ...named } = readOptions(options, OPTIONS);
  const { contentLength, trailer, body, ...request } = upload;
  checkWhole('contentLength', contentLength, 0);
  if (trailer !== undefined) checkTrailer(trailer);
  checkOption(SIGNER_OPTIONS.credentials, named.credentials, 'credentials');
  const { method, url, headers } = captureRequest(request);
  const parsed = parseUrl(url);
  refuseUnsignable(parsed, named.allowInsecureHttp === true);
  refuseDotSegments(url);
  const payloadHash = `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailer === undefined ? '' : '-TRAILER'}`;
  if ((headers['x-amz-content-sha256'] ?? payloadHash) !== payloadHash) {
    throw new TypeError(
      `headers: x-amz-content-sha256 is ${payloadHash} for this upload; leave the header out`,
    );
  }
  delete headers['x-amz-trailer'];
  headers['content-encoding'] = withChunked(headers['content-encoding']);
  headers['content-length'] = String(lengthOf(contentLength, chunkSize, trailer));
  headers['x-amz-decoded-content-length'] = String(contentLength);
  if (trailer !== undefined) headers['x-amz-trailer'] = trailer.name.toLowerCase();

  const told = await targetOfHost(parsed.hostname);
  const service = named.service ?? told?.service ?? 's3';
  const placement = await placementOf(
    parsed,
    told,
    { service, region: named.region },
    named.credentials,
  );
  const credentials = await credentialsSource(named.credentials).get();
  const date = timestamp(now(url));
  const keys = new SigningKeys();
  const engine = nativeEngine(keys);
  const stamp = makeStamp(parsed.host, placement, credentials, date, engine);
  const prepared = {
    method: canonicalMethod(method),
    url: canonicalUrl(url, parsed.origin),
    host: parsed.host,
    headers,
    body: undefined,
    signHeaders: new Set(
      ['content-encoding', ...(named.signHeaders ?? [])].map((name) => name.toLowerCase()),
    ),
    payloadHash,
    sendsPayloadHash: true,
    placement,
  };
  const seed = await signIntoHeader(prepared, stamp, engine);
  // Programs that upload nothing in chunks do not load this.
  const { signedStream } = await import('./aws-chunked.ts');
  const key = await keys.get(credentials, date.day, placement.target);
  const chain = { key, scope: `${date.text}\n${stamp.scope}`, seed: seed.signature };
  return {
    method: seed.method,
    url: seed.url,
    headers: seed.headers,
    body: signedStream({ body, contentLength, trailer }, chunkSize, chain),
    signature: seed.signature,
  };
}

const OPTIONS: OptionRules<ChunkedUploadOptions> = {
  credentials: SIGNER_OPTIONS.credentials,
  region: SIGNER_OPTIONS.region,
  service: SIGNER_OPTIONS.service,
  signHeaders: SIGNER_OPTIONS.signHeaders,
  allowInsecureHttp: FLAG,
  now: FUNCTION,
  chunkSize: {
    expected: 'a whole number of bytes from 8192',
    holds: (value) => Number.isSafeInteger(value) && Number(value) >= 8192,
  },
};

/** The length of `;chunk-signature=`, a signature and a line break. */
const HEAD = 17 + 64 + 2;

function lengthOf(contentLength: number, chunkSize: number, trailer: Trailer | undefined): number {
  const full = Math.floor(contentLength / chunkSize);
  const last = contentLength % chunkSize;
  const chunk = (size: number): number => size.toString(16).length + HEAD + size + 2;
  const ofTrailer = trailer ? trailer.name.length + 1 + trailer.length + 2 + 24 + 64 + 2 : 0;
  return full * chunk(chunkSize) + (last > 0 ? chunk(last) : 0) + 1 + HEAD + ofTrailer + 2;
}

function withChunked(encoding: string | undefined): string {
  const others = encoding?.split(',').filter((each) => each.trim().toLowerCase() !== 'aws-chunked');
  return ['aws-chunked', ...(others ?? [])].join(',');
}

function checkWhole(option: string, value: unknown, from: number): void {
  if (Number.isSafeInteger(value) && Number(value) >= from) return;
  throw new TypeError(
    `${option}: expected a whole number of bytes from ${from}, got ${String(value)}`,
  );
}

function checkTrailer(trailer: Trailer): void {
  const { name, length, value } = trailer ?? {};
  if (typeof name !== 'string' || !/^[a-z0-9-]+$/i.test(name) || typeof value !== 'function') {
    throw new TypeError("trailer: expected { name: 'x-amz-checksum-…', length, value: () => … }");
  }
  checkWhole('trailer.length', length, 1);
}
