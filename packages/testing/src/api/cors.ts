import { headerValues, type RawRequest } from '../wire/raw-request.ts';
import type { RawResponse } from '../wire/raw-response.ts';
import type { CorsDefinition } from './api-definition.ts';

export function isPreflight(request: RawRequest): boolean {
  return (
    request.method === 'OPTIONS' &&
    headerValues(request, 'origin').length > 0 &&
    headerValues(request, 'access-control-request-method').length > 0
  );
}

/**
 * What an HTTP API answers by itself where no route takes OPTIONS. Without headers, the browser
 * does not send the request.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export function preflight(cors: CorsDefinition, request: RawRequest): RawResponse {
  const { allowMethods = [], allowHeaders = [], maxAge } = cors;
  const origin = allowedOrigin(cors, request);
  const headers = origin !== undefined && {
    ...ofOrigin(cors, origin),
    ...(allowMethods.length > 0 && { 'Access-Control-Allow-Methods': allowMethods.join(',') }),
    ...(allowHeaders.length > 0 && { 'Access-Control-Allow-Headers': allowHeaders.join(',') }),
    ...(maxAge !== undefined && { 'Access-Control-Max-Age': String(maxAge) }),
  };
  return { status: 204, headers: { ...headers }, body: '' };
}

/** Takes the place of what the integration says of CORS itself, which API Gateway ignores. */
export function withCors(
  response: RawResponse,
  cors: CorsDefinition,
  request: RawRequest,
): RawResponse {
  const kept = Object.entries(response.headers).filter(([name]) => !/^access-control-/i.test(name));
  const origin = allowedOrigin(cors, request);
  const { exposeHeaders = [] } = cors;
  const added = origin !== undefined && {
    ...ofOrigin(cors, origin),
    ...(exposeHeaders.length > 0 && { 'Access-Control-Expose-Headers': exposeHeaders.join(',') }),
  };
  return { ...response, headers: { ...Object.fromEntries(kept), ...added } };
}

function ofOrigin({ allowCredentials }: CorsDefinition, origin: string): Record<string, string> {
  return {
    'Access-Control-Allow-Origin': origin,
    ...(origin !== '*' && { Vary: 'Origin' }),
    ...(allowCredentials === true && { 'Access-Control-Allow-Credentials': 'true' }),
  };
}

/** @returns `undefined` if the request names no origin, or one that is not allowed */
function allowedOrigin(
  { allowOrigins = [] }: CorsDefinition,
  request: RawRequest,
): string | undefined {
  const [origin] = headerValues(request, 'origin');
  if (origin === undefined) return undefined;
  if (allowOrigins.includes('*')) return '*';
  const isAllowed = allowOrigins.some((allowed) =>
    allowed.endsWith('*') ? origin.startsWith(allowed.slice(0, -1)) : allowed === origin,
  );
  return isAllowed ? origin : undefined;
}
