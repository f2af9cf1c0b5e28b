import { timingSafeEqual } from 'node:crypto';

import { decodeChunks, type ChunkChain } from './chunked-payload.ts';
import { canonicalForm, isS3, sha256, signatureOf } from './canonical-form.ts';
import { headerValues, queryParameters, splitTarget, type RawRequest } from './raw-request.ts';
import { isSigv4aSignature, sigv4aPublicKey } from './sigv4a-key.ts';
import { readClaim, type SignatureClaim } from './signature-claim.ts';

/** A key as the verifying side knows it. */
export interface KnownKey {
  readonly secretAccessKey: string;
  /** Of temporary credentials: the token that belongs to this key. */
  readonly sessionToken?: string | undefined;
  /** When the session ends, ms since the epoch. */
  readonly expiresAt?: number | undefined;
}

export interface VerifyOptions {
  /** The key of an access key id; `undefined` if there is none. */
  readonly keys: (accessKeyId: string) => KnownKey | undefined;
  /** The signing name that the API answers to. */
  readonly service: string;
  readonly region: string;
  /** The clock, ms since the epoch. Default: `Date.now`. */
  readonly now?: () => number;
}

/** Why a signature is refused, with AWS's error type and message. */
export interface Refusal {
  readonly reason:
    | 'missing'
    | 'incomplete'
    | 'expired'
    | 'not-yet-current'
    | 'unsigned-header'
    | 'wrong-scope'
    | 'unknown-key'
    | 'mismatch'
    | 'wrong-token'
    | 'expired-token';
  readonly type: string;
  readonly message: string;
}

/** What the verifying side found. */
export type Verdict =
  | {
      readonly ok: true;
      readonly accessKeyId: string;
      readonly signedHeaders: readonly string[];
      readonly canonicalRequest: string;
      readonly stringToSign: string;
    }
  | ({
      readonly ok: false;
      /** Who it claims to be, where it says so. */
      readonly accessKeyId?: string;
      /** What the signature should have been made of, once all else was in order. */
      readonly canonicalRequest?: string;
      readonly stringToSign?: string;
    } & Refusal);

const WINDOW_MS = 5 * 60_000;
const ALGORITHM = 'AWS4-HMAC-SHA256';
/** Its scope has no region; the region set is sent by itself. */
const ALGORITHM_V4A = 'AWS4-ECDSA-P256-SHA256';

/**
 * Says of a request what API Gateway would say: whose signature it bears, or why it is refused.
 * Checks in AWS's order: is there a signature, is it complete, its date (5 minutes either way),
 * the signed headers, the scope, the key, the signature, the session token. SigV4 and SigV4a, in
 * the header and in the query.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export function verifySignature(request: RawRequest, options: VerifyOptions): Verdict {
  const claim = readClaim(request);
  if (claim === undefined) {
    return refuse('missing', 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  if ('detail' in claim) return refuse('incomplete', 'IncompleteSignatureException', claim.detail);
  if (claim.algorithm !== ALGORITHM && claim.algorithm !== ALGORITHM_V4A) {
    return refuse(
      'incomplete',
      'IncompleteSignatureException',
      `Unsupported AWS 'algorithm': '${claim.algorithm}'.`,
    );
  }
  const { now = Date.now } = options;
  const scope = readScope(claim, request);
  const { accessKeyId } = scope;
  const refusal =
    checkDate(claim, now()) ??
    checkSignedHeaders(request, claim) ??
    checkScope(scope, claim, options);
  if (refusal) return { ...refusal, accessKeyId };

  const key = options.keys(accessKeyId);
  if (key === undefined) {
    return { ...refuse('unknown-key', 'UnrecognizedClientException', INVALID_TOKEN), accessKeyId };
  }
  const signedHeaders = (claim.signedHeaders ?? '').split(';');
  const canonicalRequest = canonicalForm(
    request,
    signedHeaders,
    signedPayload(request, claim, options.service),
    options.service,
    claim.location === 'query' ? unsignedParameters(options.service) : [],
  );
  const stringToSign = `${claim.algorithm}\n${claim.date}\n${scope.text}\n${sha256(canonicalRequest)}`;
  const found = { accessKeyId, canonicalRequest, stringToSign };
  if (
    !isSignedBy(key, scope, stringToSign, claim) ||
    !isPayloadRight(request, options.service, claim.location === 'header', {
      secretAccessKey: key.secretAccessKey,
      date: claim.date ?? '',
      scope: scope.text,
      seed: claim.signature ?? '',
    })
  ) {
    return {
      ...refuse('mismatch', 'InvalidSignatureException', mismatch(canonicalRequest, stringToSign)),
      ...found,
    };
  }
  const badToken = checkToken(claim, key, now());
  return badToken ? { ...badToken, ...found } : { ok: true, ...found, signedHeaders };
}

const INVALID_TOKEN = 'The security token included in the request is invalid.';

type Refused = { readonly ok: false } & Refusal;

function refuse(reason: Refusal['reason'], type: string, message: string): Refused {
  return { ok: false, reason, type, message };
}

function checkDate(
  { date = '', expires, location }: SignatureClaim,
  now: number,
): Refused | undefined {
  const at = parseDate(date);
  if (at === undefined) {
    return refuse(
      'incomplete',
      'IncompleteSignatureException',
      `Date must be in ISO-8601 'basic format'. Got '${date}'.`,
    );
  }
  const server = basicDate(now);
  if (at > now + WINDOW_MS) {
    const limit = basicDate(now + WINDOW_MS);
    return refuse(
      'not-yet-current',
      'InvalidSignatureException',
      `Signature not yet current: ${date} is still later than ${limit} (${server} + 5 min.)`,
    );
  }
  const seconds =
    location === 'header' ? 300 : /^\d{1,6}$/.test(expires ?? '300') ? Number(expires ?? 300) : 0;
  if (!(Number.isInteger(seconds) && seconds >= 1 && seconds <= 604_800)) {
    return refuse(
      'incomplete',
      'IncompleteSignatureException',
      'X-Amz-Expires must be between 1 and 604800 seconds',
    );
  }
  if (at < now - seconds * 1000) {
    const limit = basicDate(now - seconds * 1000);
    return refuse(
      'expired',
      'InvalidSignatureException',
      `Signature expired: ${date} is now earlier than ${limit} (${server} - ${Math.round(seconds / 60)} min.)`,
    );
  }
  return undefined;
}

function parseDate(text: string): number | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!found) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1)
    .map(Number);
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  return basicDate(ms) === text ? ms : undefined;
}

function basicDate(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
}

/** `host` and every `x-amz-*` that arrived must be signed; the list must be as AWS makes it. */
function checkSignedHeaders(request: RawRequest, claim: SignatureClaim): Refused | undefined {
  const names = (claim.signedHeaders ?? '').split(';');
  const sorted = names.every((name, at) => at === 0 || (names[at - 1] as string) < name);
  if (!sorted || names.some((name) => name !== name.toLowerCase())) {
    return refuse(
      'incomplete',
      'IncompleteSignatureException',
      "'SignedHeaders' must be lower-case, sorted and without repetition.",
    );
  }
  if (!names.includes('host')) {
    return refuse(
      'unsigned-header',
      'InvalidSignatureException',
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
  }
  const absent = names.find((name) => headerValues(request, name).length === 0);
  if (absent !== undefined) {
    return refuse(
      'mismatch',
      'InvalidSignatureException',
      `'${absent}' is a 'SignedHeader' and did not arrive.`,
    );
  }
  for (const [name] of request.rawHeaders) {
    const lower = name.toLowerCase();
    if (lower.startsWith('x-amz-') && !names.includes(lower)) {
      return refuse(
        'unsigned-header',
        'InvalidSignatureException',
        `'${name}' must be a 'SignedHeader' in the AWS Authorization.`,
      );
    }
  }
  return undefined;
}

interface Scope {
  readonly accessKeyId: string;
  /** Without the access key id: what the string to sign has. */
  readonly text: string;
  readonly day: string | undefined;
  /** Of SigV4a the region set. */
  readonly regions: string | undefined;
  readonly service: string | undefined;
  readonly end: string | undefined;
  readonly isComplete: boolean;
}

function readScope(
  { credential = '', algorithm, location }: SignatureClaim,
  request: RawRequest,
): Scope {
  const [accessKeyId = '', ...parts] = credential.split('/');
  const text = parts.join('/');
  if (algorithm === ALGORITHM) {
    const [day, regions, service, end] = parts;
    return { accessKeyId, text, day, regions, service, end, isComplete: parts.length === 4 };
  }
  const [day, service, end] = parts;
  const sets =
    location === 'header'
      ? headerValues(request, 'x-amz-region-set')
      : queryParameters(splitTarget(request.target).query)
          .filter(([name]) => name === 'X-Amz-Region-Set')
          .map(([, value]) => value);
  const isComplete = parts.length === 3 && sets.length === 1;
  return { accessKeyId, text, day, regions: sets[0], service, end, isComplete };
}

function checkScope(
  { day, regions, service, end, isComplete }: Scope,
  claim: SignatureClaim,
  options: VerifyOptions,
): Refused | undefined {
  if (!isComplete) {
    return refuse(
      'incomplete',
      'IncompleteSignatureException',
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${claim.credential}'`,
    );
  }
  let told = '';
  if (day !== claim.date?.slice(0, 8)) {
    told += `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${day}' != '${claim.date?.slice(0, 8)}', from '${claim.date}'. `;
  }
  const isInRegions =
    claim.algorithm === ALGORITHM
      ? regions === options.region
      : regions?.split(',').some((region) => region === '*' || region === options.region);
  if (!isInRegions) {
    told += `Credential should be scoped to a valid region, not '${regions}'. `;
  }
  if (service !== options.service)
    told += `Credential should be scoped to correct service: '${options.service}'. `;
  if (end !== 'aws4_request') {
    told += `Credential should be scoped with a valid terminator: 'aws4_request', not '${end}'. `;
  }
  return told === '' ? undefined : refuse('wrong-scope', 'InvalidSignatureException', told);
}

function isSignedBy(
  key: KnownKey,
  { accessKeyId, text }: Scope,
  stringToSign: string,
  { algorithm, signature = '' }: SignatureClaim,
): boolean {
  return algorithm === ALGORITHM
    ? isSame(signature, signatureOf(key.secretAccessKey, text, stringToSign))
    : isSigv4aSignature(sigv4aPublicKey(accessKeyId, key.secretAccessKey), stringToSign, signature);
}

function isSame(signature: string, expected: Buffer): boolean {
  return (
    /^[0-9a-f]{64}$/.test(signature) && timingSafeEqual(Buffer.from(signature, 'hex'), expected)
  );
}

const UNSIGNED = 'UNSIGNED-PAYLOAD';

/** Services that take a payload that is not signed. */
function takesUnsigned(service: string): boolean {
  return isS3(service) || service === 'vpc-lattice-svcs';
}

/** What stands for the payload in the canonical request. */
function signedPayload(request: RawRequest, claim: SignatureClaim, service: string): string {
  // "You don't include a payload hash in the Canonical Request, because when you create a
  // presigned URL, you don't know the payload content", Amazon S3 API Reference.
  if (claim.location === 'query' && takesUnsigned(service)) return UNSIGNED;
  const [told] = headerValues(request, 'x-amz-content-sha256');
  const isWord = takesUnsigned(service) && (told === UNSIGNED || STREAMING.test(told ?? ''));
  return isWord && told !== undefined ? told : sha256(request.body);
}

/** IoT Core has the session token appended after signing. */
function unsignedParameters(service: string): string[] {
  return service === 'iotdevicegateway'
    ? ['X-Amz-Signature', 'X-Amz-Security-Token']
    : ['X-Amz-Signature'];
}

const STREAMING = /^STREAMING-AWS4-HMAC-SHA256-PAYLOAD(?:-TRAILER)?$/;

/** Who sends the header promises that hash for the body, or chunks that are signed one by one. */
function isPayloadRight(
  request: RawRequest,
  service: string,
  isHeader: boolean,
  chain: Omit<ChunkChain, 'decodedLength' | 'trailer'>,
): boolean {
  const all = headerValues(request, 'x-amz-content-sha256');
  // S3: "The x-amz-content-sha256 header is required".
  if (isS3(service) && isHeader && all.length !== 1) return false;
  return all.every((told) => {
    if (isS3(service) && STREAMING.test(told)) {
      const [decodedLength] = headerValues(request, 'x-amz-decoded-content-length');
      const [trailer] = headerValues(request, 'x-amz-trailer');
      return (
        /^\d+$/.test(decodedLength ?? '') &&
        (trailer !== undefined) === told.endsWith('-TRAILER') &&
        decodeChunks(request.body, { ...chain, decodedLength: Number(decodedLength), trailer }) !==
          undefined
      );
    }
    return told === sha256(request.body) || (told === UNSIGNED && takesUnsigned(service));
  });
}

function checkToken(
  { sessionToken }: SignatureClaim,
  key: KnownKey,
  now: number,
): Refused | undefined {
  if (sessionToken !== key.sessionToken) {
    return refuse('wrong-token', 'UnrecognizedClientException', INVALID_TOKEN);
  }
  if (key.expiresAt !== undefined && now >= key.expiresAt) {
    return refuse(
      'expired-token',
      'ExpiredTokenException',
      'The security token included in the request is expired',
    );
  }
  return undefined;
}

function mismatch(canonicalRequest: string, stringToSign: string): string {
  return (
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.' +
    `\n\nThe Canonical String for this request should have been\n'${canonicalRequest}'\n\nThe String-to-Sign should have been\n'${stringToSign}'\n`
  );
}
