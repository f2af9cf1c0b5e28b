import { headerValues, type RawRequest } from '../wire/raw-request.ts';
import type { CorsRule } from './bucket-definition.ts';
import type { Bucket } from './bucket.ts';
import { S3Error } from './s3-error.ts';

/**
 * What a browser asks before a page's request.
 *
 * @returns the headers of the answer
 * @throws {S3Error} if no rule allows the request
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
 */
export function preflight(request: RawRequest, bucket: Bucket): Record<string, string> {
  const [origin] = headerValues(request, 'origin');
  const [method] = headerValues(request, 'access-control-request-method');
  if (origin === undefined) {
    throw new S3Error(400, 'BadRequest', 'Insufficient information. Origin request header needed.');
  }
  if (method === undefined || !/^[A-Z]+$/.test(method)) {
    throw new S3Error(400, 'BadRequest', `Invalid Access-Control-Request-Method: ${method}`);
  }
  if (bucket.cors.length === 0) {
    throw forbidden('CORSResponse: CORS is not enabled for this bucket.', method);
  }
  const asked = headerValues(request, 'access-control-request-headers')
    .join(',')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter(Boolean);
  const rule = bucket.cors.find(
    (one) => isFor(one, origin, method) && asked.every((name) => allows(one.AllowedHeaders, name)),
  );
  if (rule === undefined) {
    throw forbidden(
      "CORSResponse: This CORS request is not allowed. This is usually because the evaluation of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
      method,
    );
  }
  return {
    ...headersOf(rule, origin),
    ...(asked.length > 0 && { 'Access-Control-Allow-Headers': asked.join(', ') }),
  };
}

/** What lets a page read an answer; nothing, if no rule does. */
export function corsHeaders(request: RawRequest, bucket: Bucket): Record<string, string> {
  const [origin] = headerValues(request, 'origin');
  const rule =
    origin === undefined
      ? undefined
      : bucket.cors.find((one) => isFor(one, origin, request.method));
  return rule === undefined || origin === undefined ? {} : headersOf(rule, origin);
}

function headersOf(rule: CorsRule, origin: string): Record<string, string> {
  const { AllowedOrigins, AllowedMethods, ExposeHeaders = [], MaxAgeSeconds } = rule;
  const isForAll = AllowedOrigins.includes('*');
  return {
    'Access-Control-Allow-Origin': isForAll ? '*' : origin,
    'Access-Control-Allow-Methods': AllowedMethods.join(', '),
    ...(ExposeHeaders.length > 0 && { 'Access-Control-Expose-Headers': ExposeHeaders.join(', ') }),
    ...(MaxAgeSeconds !== undefined && { 'Access-Control-Max-Age': String(MaxAgeSeconds) }),
    ...(!isForAll && { 'Access-Control-Allow-Credentials': 'true' }),
    Vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

function isFor(
  { AllowedOrigins, AllowedMethods }: CorsRule,
  origin: string,
  method: string,
): boolean {
  return AllowedMethods.includes(method) && allows(AllowedOrigins, origin);
}

/** Each can have one `*`, which is any text. */
function allows(patterns: readonly string[] = [], value: string): boolean {
  return patterns.some((pattern) => {
    const [start = '', end] = pattern.toLowerCase().split('*');
    const lower = value.toLowerCase();
    return end === undefined
      ? lower === start
      : lower.length >= start.length + end.length && lower.startsWith(start) && lower.endsWith(end);
  });
}

function forbidden(message: string, method: string): S3Error {
  return new S3Error(403, 'AccessForbidden', message, {
    details: [
      ['Method', method],
      ['ResourceType', 'OBJECT'],
    ],
  });
}
