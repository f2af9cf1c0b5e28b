import { checkOption, EXPIRES_IN, unexpected } from '../check-options.ts';
import { SigV4Error } from '../errors.ts';
import type { Credentials } from '../credentials/credentials.ts';
import { UNSIGNED_PAYLOAD } from '../request/payload-hash.ts';
import type { SignedRequest } from '../request/request.ts';
import { bearsSignature, encodeText, withParameters } from '../request/url.ts';
import { CanonicalRequest } from './canonical-request.ts';
import type { SignatureEngine } from './engine.ts';
import { dropSignature, signIntoHeader } from './header-signature.ts';
import type { PreparedRequest } from './prepared-request.ts';
import { signedHeaders, type Stamp } from './stamp.ts';

/** A presigned URL ends before its time, with the session that signed it. */
export interface Shortened {
  readonly type: 'shortened';
  readonly host: string;
  /** Seconds that were asked for. */
  readonly expiresIn: number;
  /** Seconds until the session ends. */
  readonly endsIn: number;
}

/** The lifetime of a signature, in seconds. */
export interface QueryLifetime {
  /** Only one in the query has it. */
  readonly signatureIn: 'header' | 'query' | undefined;
  /** What the call says. */
  readonly expiresIn: number | undefined;
  /** What holds if neither call nor URL tell; `undefined` of what is no link. */
  readonly ofLink: number | undefined;
  /** When it begins, ms since the epoch. */
  readonly from: number;
  /** Told if the session of a link ends before. */
  readonly emit: (event: Shortened) => void;
}

/**
 * Signs into the query, or heeds what a query holds of signatures.
 *
 * @throws {TypeError} if the lifetime is none, not the same in the call and in the URL, or of a
 *   signature in the header
 * @throws {SigV4Error} ERR_SIGV4_URL if the URL bears a signature that is not of SigV4
 */
export async function signHeedingQuery(
  request: PreparedRequest,
  stamp: Stamp,
  engine: SignatureEngine,
  lifetime: QueryLifetime,
): Promise<SignedRequest> {
  const { origin, path, search } = request.url;
  // What SigV4 has left is gone from it.
  if (bearsSignature(origin + path + search)) {
    throw new SigV4Error(
      'ERR_SIGV4_URL',
      'url: bears a signature of CloudFront, or an older one of S3; send it as it is, or remove the parameters of that signature to have it signed',
    );
  }
  const { signatureIn, ofLink } = lifetime;
  if (ofLink !== undefined && signatureIn === 'header') {
    throw unexpected('signatureIn', "'query', as in every link", signatureIn);
  }
  const isInQuery = ofLink !== undefined || signatureIn === 'query';
  if (!isInQuery && (lifetime.expiresIn !== undefined || LIFETIME.test(search))) {
    throw new TypeError(
      "expiresIn: a signature in the header has no lifetime; leave out expiresIn, and X-Amz-Expires in the URL, or set signatureIn: 'query'",
    );
  }
  return isInQuery
    ? signIntoQuery(request, stamp, engine, lifetime)
    : signIntoHeader(request, stamp, engine);
}

/**
 * Signs into the query. The headers that it signs must be sent as they are.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
async function signIntoQuery(
  request: PreparedRequest,
  stamp: Stamp,
  engine: SignatureEngine,
  lifetime: QueryLifetime,
): Promise<SignedRequest> {
  const { method, url, headers, body } = request;
  const { expiresIn, left } = readLifetime(url.search, lifetime);
  const { target, rules } = stamp.placement;
  const { accessKeyId, sessionToken } = stamp.credentials;
  dropSignature(headers);
  const host = [['host', request.host]] as const;
  const signed = signedHeaders(headers, request.signHeaders, {
    headers: host,
    linesFrom: [`host:${request.host}\n`],
    namesFrom: [';host'],
  });
  tellIfShortened(request.host, stamp.credentials, expiresIn, lifetime);
  const token =
    sessionToken === undefined ? '' : `&X-Amz-Security-Token=${encodeText(sessionToken)}`;
  const parameters = [
    `X-Amz-Algorithm=${engine.algorithm}`,
    `X-Amz-Credential=${encodeText(`${accessKeyId}/${stamp.scope}`)}`,
    `X-Amz-Date=${stamp.date.text}`,
    `X-Amz-Expires=${expiresIn}`,
    ...(engine.hasRegionSet ? [`X-Amz-Region-Set=${encodeText(target.region)}`] : []),
    `X-Amz-SignedHeaders=${encodeText(signed.names)}`,
  ].join('&');
  const search = withParameters(left, rules.tokenAfterSigning ? parameters : parameters + token);
  // S3 wants no header that tells the hash; https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
  const payloadHash = rules.encodesPathTwice ? request.payloadHash : UNSIGNED_PAYLOAD;
  const made = await engine.sign(new CanonicalRequest(request, search, signed, payloadHash, stamp));
  const after = `${rules.tokenAfterSigning ? token : ''}&X-Amz-Signature=${made.signature}`;
  return {
    method,
    url: url.origin + url.path + search + after,
    headers,
    ...(body === undefined ? undefined : { body }),
    ...made,
  };
}

const LIFETIME = /[?&]X-Amz-Expires=([^&]*)/;

/** Takes a wanted lifetime out of a query that bears no signature yet. */
function readLifetime(
  search: string,
  { expiresIn, ofLink = 300 }: QueryLifetime,
): { expiresIn: number; left: string } {
  const given = LIFETIME.exec(search)?.[1];
  if (given === undefined) return { expiresIn: expiresIn ?? ofLink, left: search };
  const ofUrl = /^\d+$/.test(given) ? Number(given) : given;
  checkOption(EXPIRES_IN, ofUrl, 'X-Amz-Expires in the URL');
  const left = search.replace(LIFETIME, '').replace(/^&/, '?');
  if (LIFETIME.test(left) || (expiresIn ?? ofUrl) !== ofUrl) {
    throw new TypeError(
      `expiresIn: X-Amz-Expires in the URL says ${ofUrl}, and there is another lifetime beside it; leave one of them out`,
    );
  }
  return { expiresIn: Number(ofUrl), left };
}

function tellIfShortened(
  host: string,
  { expiration }: Credentials,
  expiresIn: number,
  { ofLink, from, emit }: QueryLifetime,
): void {
  if (ofLink === undefined || expiration === undefined) return;
  const endsIn = Math.max(0, Math.floor((expiration.getTime() - from) / 1000));
  if (endsIn < expiresIn) emit({ type: 'shortened', host, expiresIn, endsIn });
}
