import { isSameText, sha256 } from '../keys/digest.ts';
import type { KnownKey } from '../keys/known-key.ts';
import { isSignature } from '../keys/signing-key.ts';
import { isSigv4aSignature } from '../keys/sigv4a-key.ts';
import { verifyPostRequest } from '../s3/post-policy.ts';
import { headerValues, rawRequest, type RawRequest } from '../wire/raw-request.ts';
import { canonicalForm, isS3 } from './canonical-request.ts';
import { readClaim, type SignatureClaim } from './claim.ts';
import { ALGORITHM, ALGORITHM_V4A, checkScope, readScope, type Scope } from './credential-scope.ts';
import { checkDate } from './date.ts';
import { explainMismatch } from './mismatch.ts';
import { refuse, type Refusal, type Refused } from './refusal.ts';
import { checkSignedHeaders } from './signed-headers.ts';
import { faultOfPayload, signedPayload, unsignedParameters } from './signed-payload.ts';

/** What a signature is judged by. */
export interface VerifyOptions {
  /** The key of an access key id; `undefined` if there is none. */
  readonly keys: (accessKeyId: string) => KnownKey | undefined;
  /** The signing name that the API answers to. */
  readonly service: string;
  readonly region: string;
  /** Whether SigV4a is taken too. HTTP and WebSocket APIs take SigV4 only. Default: true. */
  readonly sigv4a?: boolean;
  /**
   * Whether to look for the mistake behind a signature that does not match, which takes some time;
   * `hosts` are host names that the caller may have signed for instead. Default: no.
   */
  readonly explain?: { readonly hosts: readonly string[] };
  /** The clock, ms since the epoch. Default: `Date.now`. */
  readonly now?: () => number;
}

/** What the verifying side found. */
export type Verdict =
  | {
      readonly ok: true;
      readonly accessKeyId: string;
      readonly signedHeaders: readonly string[];
      /** Empty for an upload by form, whose string to sign is the policy as it was sent. */
      readonly canonicalRequest: string;
      readonly stringToSign: string;
    }
  | ({
      readonly ok: false;
      /** The access key id that the request names, if it names one. */
      readonly accessKeyId?: string;
      /** What the signature should have been made of. It is there once all else was in order. */
      readonly canonicalRequest?: string;
      readonly stringToSign?: string;
      /** Of a mismatch, with `explain`: the mistake, if it is a usual one. */
      readonly because?: string;
      /** Of a mismatch, with `explain`: the canonical request; `-` marks lines that were signed, `+` those that came. */
      readonly comparison?: string;
    } & Refusal);

/**
 * Says of a request what API Gateway would say: whose signature it bears, or why it is refused.
 * Checks in AWS's order: is there a signature, is it complete, its date (5 minutes either way; 15 of STS),
 * the signed headers, the scope, the key, the signature, the session token. SigV4 and SigV4a, in
 * the header and in the query; of S3 also payloads in chunks, and uploads by form with a policy.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export function verifySignature(request: RawRequest, options: VerifyOptions): Verdict;
export function verifySignature(request: Request, options: VerifyOptions): Promise<Verdict>;
export function verifySignature(
  request: RawRequest | Request,
  options: VerifyOptions,
): Verdict | Promise<Verdict> {
  return 'rawHeaders' in request
    ? verify(request, options)
    : rawRequest(request).then((raw) => verify(raw, options));
}

function verify(request: RawRequest, options: VerifyOptions): Verdict {
  const claim = readClaim(request, options.service);
  if (claim === undefined) {
    if (options.service === 's3' && request.method === 'POST' && hasForm(request))
      return judgeForm(request, options);
    return refuse('missing', 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  if ('ok' in claim) return claim;
  const isV4a = claim.algorithm === ALGORITHM_V4A && options.sigv4a !== false;
  if (claim.algorithm !== ALGORITHM && !isV4a) {
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
    checkDate(claim, options.service, now()) ??
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
  const stringToSign = stringOf(claim, scope, canonicalRequest);
  const found = { accessKeyId, canonicalRequest, stringToSign };
  const isSigned = isSignedBy(key, scope, stringToSign, claim);
  const fault =
    isSigned &&
    faultOfPayload(request, options.service, claim.location === 'header', {
      secretAccessKey: key.secretAccessKey,
      date: claim.date ?? '',
      scope: scope.text,
      seed: claim.signature ?? '',
    });
  if (fault && isS3(options.service))
    return { ...refuse('mismatch', fault.code, fault.message), ...found };
  if (!isSigned || fault) {
    const fits = (canonical: string): boolean =>
      isSignedBy(key, scope, stringOf(claim, scope, canonical), claim);
    return {
      ...refuse('mismatch', 'InvalidSignatureException', mismatch(canonicalRequest, stringToSign)),
      ...found,
      ...(options.explain &&
        explainMismatch(request, canonicalRequest, options.explain.hosts, fits)),
    };
  }
  const badToken = checkToken(claim, key, now());
  return badToken ? { ...badToken, ...found } : { ok: true, ...found, signedHeaders };
}

function stringOf({ algorithm, date }: SignatureClaim, { text }: Scope, canonical: string): string {
  return `${algorithm}\n${date}\n${text}\n${sha256(canonical)}`;
}

function hasForm(request: RawRequest): boolean {
  return headerValues(request, 'content-type').some((type) =>
    /^multipart\/form-data\b/i.test(type),
  );
}

const FORM_REASONS: ReadonlyMap<string, Refusal['reason']> = new Map([
  ['InvalidAccessKeyId', 'unknown-key'],
  ['AuthorizationQueryParametersError', 'wrong-scope'],
  ['SignatureDoesNotMatch', 'mismatch'],
  ['InvalidToken', 'wrong-token'],
  ['ExpiredToken', 'expired-token'],
]);

/** What is signed of a form is its policy, and the policy says what the form may be. */
function judgeForm(request: RawRequest, options: VerifyOptions): Verdict {
  const verdict = verifyPostRequest(request, options);
  if (!verdict.ok)
    return refuse(FORM_REASONS.get(verdict.code) ?? 'policy', verdict.code, verdict.message);
  const { accessKeyId, policy: stringToSign = '' } = verdict;
  return { ok: true, accessKeyId, signedHeaders: [], canonicalRequest: '', stringToSign };
}

const INVALID_TOKEN = 'The security token included in the request is invalid.';

function isSignedBy(
  key: KnownKey,
  { accessKeyId, text }: Scope,
  stringToSign: string,
  { algorithm, signature = '' }: SignatureClaim,
): boolean {
  return algorithm === ALGORITHM
    ? isSignature(key.secretAccessKey, text, stringToSign, signature)
    : isSigv4aSignature(accessKeyId, key.secretAccessKey, stringToSign, signature);
}

function checkToken(
  { sessionToken }: SignatureClaim,
  key: KnownKey,
  now: number,
): Refused | undefined {
  if (!isSameText(sessionToken, key.sessionToken)) {
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
