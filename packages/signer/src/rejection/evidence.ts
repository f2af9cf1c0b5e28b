import type { SignedRequest } from '../request/request.ts';
import type { Answer } from './answer.ts';
import { scopeOf } from './differences.ts';
import { serverTime } from './server-ahead.ts';

/** AWS surely refuses what is dated by a clock that is this far off. */
export const REFUSED_MS: number = 5 * 60_000;

/** What a signer knows beside the answer. */
export interface Known {
  /** When the session ends that signed the request. */
  readonly expiration?: Date | undefined;
  /** Whether a skewed clock is corrected. */
  readonly correctsClock?: boolean;
}

/** What the headers of a refusal tell, also where there is no text to read. */
export interface Evidence {
  /** How much later it was by the answer's `Date` than the request was dated, in ms. */
  readonly ahead: number | undefined;
  readonly hasEnded: boolean;
  /** Where the bucket is, as S3 tells. */
  readonly bucketRegion: string | undefined;
  /** Whether that is not the region that was signed for. */
  readonly isElsewhere: boolean;
  /** Whether S3 was asked with a session. */
  readonly isSessionAtS3: boolean;
}

export function evidenceOf(
  { headers }: Answer,
  sent: SignedRequest | undefined,
  { expiration }: Known,
): Evidence {
  const signedAt = sent && dateOf(sent);
  const date = serverTime(headers);
  const now = date ?? signedAt;
  const scope = sent && scopeOf(sent);
  const region = headers.get('x-amz-bucket-region') ?? undefined;
  const isS3 = scope?.service.startsWith('s3') === true;
  return {
    ahead: signedAt === undefined || date === undefined ? undefined : date - signedAt,
    hasEnded: expiration !== undefined && now !== undefined && now >= expiration.getTime(),
    bucketRegion: region,
    isElsewhere: isS3 && region !== undefined && region !== scope.region,
    isSessionAtS3: isS3 && /x-amz-security-token/i.test(sent?.canonicalRequest ?? ''),
  };
}

/** The second line of a string to sign: `20260102T030405Z`. */
function dateOf({ stringToSign }: SignedRequest): number | undefined {
  const [, text = ''] = stringToSign.split('\n', 2);
  const at = Date.parse(text.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)/, '$1-$2-$3:$4:'));
  return Number.isNaN(at) ? undefined : at;
}

/**
 * Says by how much the clock is off, and whether that is corrected.
 *
 * @param isTold whether AWS says that the clock is the reason
 * @returns `undefined` if the clock is no reason
 */
export function explainClock(
  { ahead }: Evidence,
  { correctsClock }: Known,
  isTold: boolean,
): string | undefined {
  const minutes = ahead === undefined ? 0 : Math.round(Math.abs(ahead) / 60_000);
  const isOff = ahead !== undefined && Math.abs(ahead) >= REFUSED_MS;
  if (!isOff && !isTold) return undefined;
  const off = correctsClock === false ? ' clockSkewCorrection is off.' : '';
  if (!isOff) return off.trim() || undefined;
  const by = `By the Date of the answer, the request was dated ${minutes} minutes too ${ahead > 0 ? 'early' : 'late'}`;
  return `${by}${isTold ? '.' : ", which is the likely reason: set the machine's clock."}${off}`;
}
