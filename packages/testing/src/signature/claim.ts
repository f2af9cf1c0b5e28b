import {
  headerValues,
  queryParameters,
  splitTarget,
  trimBlanks,
  type RawRequest,
} from '../wire/raw-request.ts';
import { isS3 } from './canonical-request.ts';
import { basicDate } from './date.ts';
import { refuse, type Refused } from './refusal.ts';

/** What a request says of its own signature. Nothing of it has been checked. */
export interface SignatureClaim {
  readonly location: 'header' | 'query';
  readonly algorithm: string;
  /** `AKID/YYYYMMDD/region/service/aws4_request` */
  readonly credential: string | undefined;
  readonly signedHeaders: string | undefined;
  readonly signature: string | undefined;
  /** `YYYYMMDD'T'HHMMSS'Z'` */
  readonly date: string | undefined;
  /** How long it says that it holds, in seconds. Only signatures in the query say it. */
  readonly expires: number | undefined;
  readonly sessionToken: string | undefined;
}

/** Headers that the verification reads one value of. */
const ONCE = [
  'host',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-decoded-content-length',
  'x-amz-region-set',
  'x-amz-security-token',
  'x-amz-trailer',
];

/** @returns `undefined` if the request does not claim to be signed */
export function readClaim(
  request: RawRequest,
  service: string,
): SignatureClaim | Refused | undefined {
  const authorizations = headerValues(request, 'authorization');
  const parameters = queryParameters(splitTarget(request.target).query);
  const inQuery = parameters.some(
    ([name]) => name === 'X-Amz-Algorithm' || name === 'X-Amz-Signature',
  );
  if (authorizations.length + (inQuery ? 1 : 0) > 1)
    return incomplete('Only one authentication mechanism is allowed.');
  const [authorization] = authorizations;
  if (!inQuery && authorization === undefined) return undefined;
  const repeated = ONCE.find((name) => headerValues(request, name).length > 1);
  if (repeated !== undefined) return incomplete(`The header '${repeated}' is allowed once.`);
  return authorization === undefined
    ? claimInQuery(parameters, isS3(service))
    : claimInHeader(request, authorization);
}

function incomplete(message: string): Refused {
  return refuse('incomplete', 'IncompleteSignatureException', message);
}

function claimInHeader(request: RawRequest, authorization: string): SignatureClaim | Refused {
  const space = authorization.indexOf(' ');
  const algorithm = space === -1 ? authorization : authorization.slice(0, space);
  const fields = new Map<string, string>();
  for (const field of space === -1 ? [] : authorization.slice(space + 1).split(',')) {
    const equals = field.indexOf('=');
    if (equals === -1) {
      return incomplete(
        `'${trimBlanks(field)}' not a valid key=value pair (missing equal-sign) in Authorization header: '${authorization}'.`,
      );
    }
    const name = trimBlanks(field.slice(0, equals));
    if ([...fields.keys()].some((other) => other.toLowerCase() === name.toLowerCase()))
      return incomplete(`Authorization header has '${name}' more than once.`);
    fields.set(name, trimBlanks(field.slice(equals + 1)));
  }
  const claim: SignatureClaim = {
    location: 'header',
    algorithm,
    credential: fields.get('Credential'),
    signedHeaders: fields.get('SignedHeaders'),
    signature: fields.get('Signature'),
    date: headerValues(request, 'x-amz-date')[0] ?? dateHeader(request),
    expires: undefined,
    sessionToken: headerValues(request, 'x-amz-security-token')[0],
  };
  const missing = [
    ...(['Credential', 'Signature', 'SignedHeaders'] as const)
      .filter((name) => !fields.get(name))
      .map((name) => `Authorization header requires '${name}' parameter.`),
    ...(claim.date
      ? []
      : ["Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."]),
  ];
  return missing.length === 0
    ? claim
    : incomplete(`${missing.join(' ')} Authorization=${authorization}`);
}

/** A `Date` header in the place of `X-Amz-Date`, in the form that is signed. */
function dateHeader(request: RawRequest): string | undefined {
  const [date, ...more] = headerValues(request, 'date');
  if (date === undefined || more.length > 0) return undefined;
  const ms = Date.parse(date);
  // RFC 9110, 5.6.7. Whatever else it is, is what the refusal quotes.
  return /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(date) &&
    !Number.isNaN(ms)
    ? basicDate(ms)
    : date;
}

const REQUIRED = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Signature',
  'X-Amz-Date',
  'X-Amz-SignedHeaders',
] as const;
/** S3 requires the first of these too. */
const OPTIONAL = ['X-Amz-Expires', 'X-Amz-Security-Token', 'X-Amz-Region-Set'] as const;

const ALL_ARE_REQUIRED =
  'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.';

function claimInQuery(
  parameters: readonly (readonly [string, string])[],
  atS3: boolean,
): SignatureClaim | Refused {
  const refused = (message: string): Refused =>
    atS3 ? refuse('incomplete', 'AuthorizationQueryParametersError', message) : incomplete(message);
  const found = new Map<string, string>();
  for (const name of [...REQUIRED, ...OPTIONAL]) {
    // Whoever reads the names in any case would see the same parameter again.
    const [one, ...more] = parameters.filter(([key]) => key.toLowerCase() === name.toLowerCase());
    if (more.length > 0) return refused(`AWS query-string parameters must include '${name}' once.`);
    if (one?.[0] === name) found.set(name, one[1]);
  }
  const missing = REQUIRED.find((name) => !found.get(name));
  if (atS3 && (missing !== undefined || !found.has('X-Amz-Expires')))
    return refused(ALL_ARE_REQUIRED);
  if (missing !== undefined)
    return refused(`AWS query-string parameters must include '${missing}'.`);
  const expires = found.get('X-Amz-Expires');
  const fault = expires === undefined ? undefined : faultOfExpires(expires);
  if (fault !== undefined) return refused(fault);
  return {
    location: 'query',
    algorithm: found.get('X-Amz-Algorithm') ?? '',
    credential: found.get('X-Amz-Credential'),
    signedHeaders: found.get('X-Amz-SignedHeaders'),
    signature: found.get('X-Amz-Signature'),
    date: found.get('X-Amz-Date'),
    expires: expires === undefined ? undefined : Number(expires),
    sessionToken: found.get('X-Amz-Security-Token'),
  };
}

/** "The minimum value you can set is 1, and the maximum is 604800 (seven days)." */
function faultOfExpires(seconds: string): string | undefined {
  if (/^-\d+$/.test(seconds)) return 'X-Amz-Expires must be non-negative';
  if (!/^(?:0|[1-9]\d*)$/.test(seconds)) return 'X-Amz-Expires should be a number';
  if (seconds === '0') return 'X-Amz-Expires must be at least 1 second';
  return Number(seconds) > 604_800
    ? 'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds'
    : undefined;
}
