import {
  headerValues,
  queryParameters,
  splitTarget,
  trimBlanks,
  type RawRequest,
} from './raw-request.ts';

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
  /** Seconds; of query signatures only. */
  readonly expires: string | undefined;
  readonly sessionToken: string | undefined;
}

/** A claim that cannot be read: `detail` is AWS's message. */
export interface UnreadableClaim {
  readonly detail: string;
}

/** @returns `undefined` if the request does not claim to be signed */
export function readClaim(request: RawRequest): SignatureClaim | UnreadableClaim | undefined {
  const authorizations = headerValues(request, 'authorization');
  const parameters = queryParameters(splitTarget(request.target).query);
  const inQuery = parameters.some(
    ([name]) => name === 'X-Amz-Algorithm' || name === 'X-Amz-Signature',
  );
  if (authorizations.length + (inQuery ? 1 : 0) > 1) {
    return { detail: 'Only one authentication mechanism is allowed.' };
  }
  if (inQuery) return claimInQuery(parameters);
  const [authorization] = authorizations;
  return authorization === undefined ? undefined : claimInHeader(request, authorization);
}

function claimInHeader(
  request: RawRequest,
  authorization: string,
): SignatureClaim | UnreadableClaim {
  const space = authorization.indexOf(' ');
  const algorithm = space === -1 ? authorization : authorization.slice(0, space);
  const fields = new Map<string, string>();
  for (const field of space === -1 ? [] : authorization.slice(space + 1).split(',')) {
    const equals = field.indexOf('=');
    if (equals === -1) {
      return {
        detail: `'${trimBlanks(field)}' not a valid key=value pair (missing equal-sign) in Authorization header: '${authorization}'.`,
      };
    }
    const name = trimBlanks(field.slice(0, equals));
    if (fields.has(name)) return { detail: `Authorization header has '${name}' more than once.` };
    fields.set(name, trimBlanks(field.slice(equals + 1)));
  }
  const dates = headerValues(request, 'x-amz-date');
  const tokens = headerValues(request, 'x-amz-security-token');
  if (dates.length > 1 || tokens.length > 1) {
    return { detail: "'X-Amz-Date' and 'X-Amz-Security-Token' are allowed once." };
  }
  const claim: SignatureClaim = {
    location: 'header',
    algorithm,
    credential: fields.get('Credential'),
    signedHeaders: fields.get('SignedHeaders'),
    signature: fields.get('Signature'),
    date: dates[0],
    expires: undefined,
    sessionToken: tokens[0],
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
    : { detail: `${missing.join(' ')} Authorization=${authorization}` };
}

const QUERY_NAMES = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
  'X-Amz-Security-Token',
] as const;

function claimInQuery(
  parameters: readonly (readonly [string, string])[],
): SignatureClaim | UnreadableClaim {
  const found = new Map<string, string>();
  for (const name of QUERY_NAMES) {
    const values = parameters.filter(([key]) => key === name).map(([, value]) => value);
    if (values.length > 1)
      return { detail: `AWS query-string parameters must include '${name}' once.` };
    if (values[0]) found.set(name, values[0]);
    else if (name !== 'X-Amz-Security-Token' && name !== 'X-Amz-Expires') {
      return { detail: `AWS query-string parameters must include '${name}'.` };
    }
  }
  return {
    location: 'query',
    algorithm: found.get('X-Amz-Algorithm') ?? '',
    credential: found.get('X-Amz-Credential'),
    signedHeaders: found.get('X-Amz-SignedHeaders'),
    signature: found.get('X-Amz-Signature'),
    date: found.get('X-Amz-Date'),
    expires: found.get('X-Amz-Expires'),
    sessionToken: found.get('X-Amz-Security-Token'),
  };
}
