import type { Authorized } from '../api/authorization.ts';
import {
  headerValues,
  queryParameters,
  splitTarget,
  type RawRequest,
} from '../wire/raw-request.ts';
import type { Call, Finding } from '../wire/service.ts';
import type { Element } from '../wire/xml.ts';
import type { Bucket } from './bucket.ts';
import { S3Error } from './s3-error.ts';

type Refusal = NonNullable<Authorized['refusal']>;

/** How S3 says what the verifier found. */
type Answer = readonly [
  status: number,
  code: string,
  message: string,
  details?: readonly Element[],
];

/**
 * S3's own words for a refused signature.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export function refusalOf(refusal: Refusal, call: Call, bucket: Bucket, finding: Finding): S3Error {
  const [status, code, message, details = []] = answerOf(refusal, call, bucket, finding);
  return new S3Error(status, code, message, {
    details,
    finding: { ...finding, refusal: message },
    // An answer to HEAD has nothing but headers to say it with.
    ...(refusal.reason === 'wrong-scope' && {
      headers: { 'x-amz-bucket-region': bucket.region },
    }),
  });
}

/** Statuses of codes that the verifier of forms and payloads has given already. */
const STATUS: Readonly<Record<string, number>> = { AccessDenied: 403, SignatureDoesNotMatch: 403 };

function answerOf(refusal: Refusal, call: Call, bucket: Bucket, finding: Finding): Answer {
  const { reason, type, message } = refusal;
  const isInQuery = claimOf(call.request).isInQuery;
  const serverTime: Element = ['ServerTime', isoSeconds(call.now())];
  const keyId: Element = ['AWSAccessKeyId', finding.accessKeyId];
  const malformed = isInQuery
    ? 'AuthorizationQueryParametersError'
    : 'AuthorizationHeaderMalformed';
  switch (reason) {
    case 'incomplete':
      return incomplete(refusal, malformed);
    case 'expired':
    case 'not-yet-current':
      return isInQuery
        ? validity(reason, call, serverTime)
        : [
            403,
            'RequestTimeTooSkewed',
            'The difference between the request time and the current time is too large.',
            [
              ['RequestTime', claimOf(call.request).date],
              serverTime,
              ['MaxAllowedSkewMilliseconds', '900000'],
            ],
          ];
    case 'unsigned-header':
      return [
        403,
        'AccessDenied',
        'There were headers present in the request which were not signed',
        [['HeadersNotSigned', /^'([^']+)' must/.exec(message)?.[1]?.toLowerCase()]],
      ];
    case 'wrong-scope':
      return wrongScope(refusal, call.request, bucket, malformed);
    case 'unknown-key':
      return [
        403,
        'InvalidAccessKeyId',
        'The AWS Access Key Id you provided does not exist in our records.',
        [keyId],
      ];
    case 'wrong-token':
      return [400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.'];
    case 'expired-token':
      return [400, 'ExpiredToken', 'The provided token has expired.'];
    case 'mismatch':
      return type === 'InvalidSignatureException' || type === 'SignatureDoesNotMatch'
        ? mismatch(refusal, call.request, keyId)
        : [400, type, message];
    default:
      return [STATUS[type] ?? 400, type, message];
  }
}

function incomplete({ message }: Refusal, malformed: string): Answer {
  if (message.startsWith('Only one authentication')) {
    return [
      400,
      'InvalidArgument',
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
    ];
  }
  if (message.startsWith('Unsupported AWS')) {
    return [
      400,
      'InvalidRequest',
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
    ];
  }
  if (/requires existence of either|^Date must be/.test(message)) {
    return [403, 'AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header'];
  }
  // What is malformed is quoted there, and it may hold the signature.
  const told = message.replace(/ Authorization=.*$/s, '');
  return malformed === 'AuthorizationHeaderMalformed'
    ? [400, malformed, `The authorization header is malformed; ${told}`]
    : [400, malformed, told];
}

function validity(reason: Refusal['reason'], { request }: Call, serverTime: Element): Answer {
  const { date, expires } = claimOf(request);
  if (reason === 'not-yet-current') {
    return [403, 'AccessDenied', 'Request is not yet valid', [serverTime]];
  }
  const end = msOf(date) + Number(expires) * 1000;
  return [
    403,
    'AccessDenied',
    'Request has expired',
    [
      ['X-Amz-Expires', expires],
      ['Expires', Number.isNaN(end) ? undefined : isoSeconds(end)],
      serverTime,
    ],
  ];
}

function wrongScope(
  { message }: Refusal,
  request: RawRequest,
  { region }: Bucket,
  malformed: string,
): Answer {
  const { credential } = claimOf(request);
  const [, , sentRegion, sentService] = credential.split('/');
  const start =
    malformed === 'AuthorizationHeaderMalformed'
      ? 'The authorization header is malformed'
      : 'Error parsing the X-Amz-Credential parameter';
  // Of a form, the verifier does not tell what of its scope is wrong.
  if (credential === '') return [400, 'AuthorizationQueryParametersError', message];
  if (message.includes('valid region')) {
    return [
      400,
      malformed,
      `${start}; the region '${sentRegion}' is wrong; expecting '${region}'`,
      [['Region', region]],
    ];
  }
  if (message.includes('correct service')) {
    return [
      400,
      malformed,
      `${start}; incorrect service "${sentService}". This endpoint belongs to "s3".`,
    ];
  }
  return [400, malformed, `${start}; ${message.trim()}`];
}

function mismatch(refusal: Refusal, request: RawRequest, keyId: Element): Answer {
  const { canonicalRequest, stringToSign } = refusal;
  const bytes = (text: string | undefined): string | undefined =>
    text && [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return [
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    [
      keyId,
      ['StringToSign', stringToSign],
      ['SignatureProvided', claimOf(request).signature],
      ['StringToSignBytes', bytes(stringToSign)],
      ['CanonicalRequest', canonicalRequest],
      ['CanonicalRequestBytes', bytes(canonicalRequest)],
    ],
  ];
}

/** What the request says of its signature, for S3's answer to quote. */
function claimOf(request: RawRequest): {
  readonly isInQuery: boolean;
  readonly credential: string;
  readonly signature: string | undefined;
  readonly date: string;
  readonly expires: string | undefined;
} {
  const parameters = new Map(queryParameters(splitTarget(request.target).query));
  const authorization = headerValues(request, 'authorization').join();
  const isInQuery = authorization === '';
  const field = (name: string): string | undefined =>
    isInQuery
      ? parameters.get(`X-Amz-${name}`)
      : new RegExp(`${name}=([^,\\s]*)`).exec(authorization)?.[1];
  return {
    isInQuery: isInQuery && parameters.has('X-Amz-Algorithm'),
    credential: field('Credential') ?? '',
    signature: field('Signature'),
    date:
      (isInQuery ? parameters.get('X-Amz-Date') : headerValues(request, 'x-amz-date')[0]) ??
      headerValues(request, 'date')[0] ??
      '',
    expires: parameters.get('X-Amz-Expires'),
  };
}

/** @param date `YYYYMMDD'T'HHMMSS'Z'` */
export function msOf(date: string): number {
  return Date.parse(
    date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
}

function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
