import type { Refusal } from '../signature/refusal.ts';
import type { RawResponse } from '../wire/raw-response.ts';

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html */
export type GatewayResponseType =
  | 'ACCESS_DENIED'
  | 'EXPIRED_TOKEN'
  | 'INTEGRATION_FAILURE'
  | 'INTEGRATION_TIMEOUT'
  | 'INVALID_API_KEY'
  | 'INVALID_SIGNATURE'
  | 'MISSING_AUTHENTICATION_TOKEN'
  | 'THROTTLED'
  | 'DEFAULT_4XX'
  | 'DEFAULT_5XX';

/**
 * Responses by type. A type that is not given keeps AWS's own response, unless there is a
 * `DEFAULT_4XX` or `DEFAULT_5XX`, which stand for all others.
 */
export type GatewayResponses = Readonly<Partial<Record<GatewayResponseType, GatewayResponse>>>;

/** How the API's owner has changed an answer of API Gateway's own. */
export interface GatewayResponse {
  /** Default: the one that API Gateway has for it. */
  readonly status?: number;
  /** Added to API Gateway's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * A template with `$context.error.message`, `.messageString` (quoted), `.responseType`,
   * `$context.requestId`, `.httpMethod`, `.path` or `.stage`.
   */
  readonly body?: string;
}

/** An answer that is API Gateway's own, before it is put into the form of an API. */
export interface GatewayError {
  /** `undefined` where only a default covers it. */
  readonly responseType: GatewayResponseType | undefined;
  readonly status: number;
  readonly errorType: string;
  readonly message: string;
  /** API Gateway writes one of its messages with a capital. */
  readonly field?: 'message' | 'Message';
}

export const NO_SUCH_ROUTE: GatewayError = {
  responseType: 'MISSING_AUTHENTICATION_TOKEN',
  status: 403,
  errorType: 'MissingAuthenticationTokenException',
  // API Gateway does not tell an unknown route from an unsigned call.
  message: 'Missing Authentication Token',
};

export const WRONG_API_KEY: GatewayError = {
  responseType: 'INVALID_API_KEY',
  status: 403,
  errorType: 'ForbiddenException',
  message: 'Forbidden',
};

const RESPONSE_TYPES: Readonly<Record<Refusal['reason'], GatewayResponseType>> = {
  missing: 'MISSING_AUTHENTICATION_TOKEN',
  incomplete: 'INVALID_SIGNATURE',
  expired: 'INVALID_SIGNATURE',
  'not-yet-current': 'INVALID_SIGNATURE',
  'unsigned-header': 'INVALID_SIGNATURE',
  'wrong-scope': 'INVALID_SIGNATURE',
  'unknown-key': 'ACCESS_DENIED',
  mismatch: 'INVALID_SIGNATURE',
  'wrong-token': 'ACCESS_DENIED',
  'expired-token': 'EXPIRED_TOKEN',
  // Only uploads to S3 have such policies, and API Gateway takes none.
  policy: 'ACCESS_DENIED',
};

export function ofRefusal({ reason, type, message }: Refusal): GatewayError {
  return { responseType: RESPONSE_TYPES[reason], status: 403, errorType: type, message };
}

export function ofDenial(message: string): GatewayError {
  return {
    responseType: 'ACCESS_DENIED',
    status: 403,
    errorType: 'AccessDeniedException',
    message,
    field: 'Message',
  };
}

const INTERNAL_ERROR = ['InternalServerErrorException', 'Internal server error'] as const;

const STATUSES: Readonly<Record<number, readonly [type: string, message: string]>> = {
  429: ['TooManyRequestsException', 'Too Many Requests'],
  503: ['ServiceUnavailableException', 'Service Unavailable'],
  504: ['InternalServerErrorException', 'Endpoint request timed out'],
};

/** What API Gateway says with a status that has nothing to do with who calls. */
export function ofStatus(status: number): GatewayError {
  const [errorType, message] =
    STATUSES[status] ?? (status < 500 ? ['BadRequestException', 'Bad Request'] : INTERNAL_ERROR);
  const responseType = { 429: 'THROTTLED', 504: 'INTEGRATION_TIMEOUT' } as const;
  return {
    responseType: responseType[status as keyof typeof responseType],
    status,
    errorType,
    message,
  };
}

/** What templates can name, and the ids in the answer's headers. */
export interface GatewayContext {
  readonly requestId: string;
  readonly httpMethod: string;
  readonly path: string;
  readonly stage: string;
}

/** Writes an error in the form of a REST API. */
export function gatewayResponse(
  error: GatewayError,
  responses: GatewayResponses,
  context: GatewayContext,
): RawResponse {
  const { responseType, errorType, message, field = 'message' } = error;
  const fallback = error.status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX';
  const { status, headers, body } =
    responses[responseType ?? fallback] ?? responses[fallback] ?? ({} satisfies GatewayResponse);
  const values: Readonly<Record<string, string>> = {
    ...context,
    'error.message': message,
    'error.messageString': JSON.stringify(message),
    'error.responseType': responseType ?? fallback,
  };
  return {
    status: status ?? error.status,
    headers: {
      'Content-Type': 'application/json',
      'x-amzn-ErrorType': errorType,
      ...gatewayIds(context.requestId),
      ...headers,
    },
    body:
      body === undefined
        ? JSON.stringify({ [field]: message })
        : body.replaceAll(REFERENCE, (_, name: string) => values[name] as string),
  };
}

/** The headers by which AWS finds a request of a REST API again. */
export function gatewayIds(requestId: string): Record<string, string> {
  const bytes = Buffer.from(requestId.replaceAll('-', '').slice(0, 22), 'hex');
  return { 'x-amzn-RequestId': requestId, 'x-amz-apigw-id': bytes.toString('base64') };
}

const REFERENCE = /\$context\.(\w+(?:\.\w+)*)/g;
const KNOWN = new Set([
  'requestId',
  'httpMethod',
  'path',
  'stage',
  'error.message',
  'error.messageString',
  'error.responseType',
]);

export const GATEWAY_RESPONSE_TYPES: readonly string[] = [
  ...new Set([
    ...Object.values(RESPONSE_TYPES),
    'INTEGRATION_FAILURE',
    'INTEGRATION_TIMEOUT',
    'INVALID_API_KEY',
    'THROTTLED',
    'DEFAULT_4XX',
    'DEFAULT_5XX',
  ]),
];

/** @throws {TypeError} at a status that is none, and at a template that this cannot fill in */
export function checkGatewayResponses(responses: GatewayResponses, where: string): void {
  for (const [type, { status = 400, body = '' }] of Object.entries(responses)) {
    if (!(Number.isInteger(status) && status >= 200 && status <= 599)) {
      throw new TypeError(`${where}, ${type}: ${status} is no status`);
    }
    const rest = body.replaceAll(REFERENCE, (reference, name: string) =>
      KNOWN.has(name) ? '' : reference,
    );
    const unknown = /\$(?:context|input|method|stageVariables|util)[.\w]*/.exec(rest)?.[0];
    if (unknown !== undefined) {
      throw new TypeError(`${where}, ${type}: ${unknown} is not supported in its body`);
    }
  }
}
