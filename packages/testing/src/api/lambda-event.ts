import {
  headerValues,
  queryParameters,
  splitTarget,
  utf8,
  type RawRequest,
} from '../wire/raw-request.ts';
import type { Authorized, Caller } from './authorization.ts';
import type { LambdaEvent } from './lambda-handler.ts';

/** What API Gateway tells a function besides the request itself. */
export interface Invocation {
  readonly request: RawRequest;
  readonly authorized: Authorized;
  readonly requestId: string;
  /** ms since the epoch */
  readonly now: number;
  readonly apiId: string;
  /** The account that owns the API. */
  readonly account: string;
  readonly stage: string;
  /** Those of the stage, if it has any. */
  readonly stageVariables: Readonly<Record<string, string>> | undefined;
  readonly domainName: string;
  /** The route's path, `/orders/{id}`, or its key. */
  readonly resource: string;
  /** Without the stage. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly isBinary: boolean;
  /** Functions that are called by their own URL do not learn their account from the public. */
  readonly isFunctionUrl?: boolean;
}

/**
 * Payload format 1.0, as REST APIs send it.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
 */
export function restEvent(invocation: Invocation, apiKey: string | undefined): LambdaEvent {
  const { request, requestId, now, resource, path, stage, domainName } = invocation;
  const { path: sentPath } = splitTarget(request.target);
  const event = {
    resource,
    path,
    httpMethod: request.method,
    ...requestParts(invocation),
    pathParameters: orNull(invocation.parameters),
    stageVariables: invocation.stageVariables ?? null,
    requestContext: {
      accountId: invocation.account,
      apiId: invocation.apiId,
      domainName,
      domainPrefix: domainName.split('.')[0],
      extendedRequestId: requestId,
      httpMethod: request.method,
      identity: identity(invocation, apiKey),
      path: sentPath,
      protocol: 'HTTP/1.1',
      requestId,
      requestTime: logTime(now),
      requestTimeEpoch: now,
      resourceId: 'local0',
      resourcePath: resource,
      stage,
    },
    ...eventBody(invocation, null),
  };
  return event;
}

/** Headers and query, as payload format 1.0 and WebSocket APIs have them. */
export function requestParts(
  invocation: Pick<Invocation, 'request' | 'domainName' | 'authorized'>,
): Readonly<Record<string, object | null>> {
  const headers = headersOf(invocation);
  const parameters = queryParameters(splitTarget(invocation.request.target).query).map(
    ([name, value]) => [utf8(name), utf8(value)] as const,
  );
  return {
    headers: orNull(lastOfEach(headers)),
    multiValueHeaders: orNull(allOfEach(headers)),
    queryStringParameters: orNull(lastOfEach(parameters)),
    multiValueQueryStringParameters: orNull(allOfEach(parameters)),
  };
}

/** As API Gateway hands them on: by AWS's host name, and with what a proxy adds. */
function headersOf({
  request,
  domainName,
  authorized,
}: Pick<Invocation, 'request' | 'domainName' | 'authorized'>): Entries {
  const before = headerValues(request, 'x-forwarded-for');
  return [
    ...request.rawHeaders
      .filter(([name]) => !/^x-forwarded-(?:for|port|proto)$/i.test(name))
      .map(([name, value]) => [name, /^host$/i.test(name) ? domainName : value] as const),
    ['X-Forwarded-For', [...before, sourceIp(authorized)].join(', ')],
    ['X-Forwarded-Port', '443'],
    ['X-Forwarded-Proto', 'https'],
  ];
}

/** `requestContext.identity` of payload format 1.0. */
export function identity(
  { request, authorized }: Pick<Invocation, 'request' | 'authorized'>,
  apiKey?: string,
): Readonly<Record<string, string | null>> {
  const { caller, context } = authorized;
  const vpceId = context?.get('aws:sourcevpce')?.[0];
  return {
    accessKey: caller?.accessKeyId ?? null,
    accountId: caller?.identity.principal.account ?? null,
    ...(apiKey === undefined ? undefined : { apiKey, apiKeyId: 'local0' }),
    caller: caller?.identity.userId ?? null,
    cognitoAuthenticationProvider: null,
    cognitoAuthenticationType: null,
    cognitoIdentityId: null,
    cognitoIdentityPoolId: null,
    principalOrgId: caller?.identity.organization ?? null,
    sourceIp: sourceIp(authorized),
    user: caller?.identity.userId ?? null,
    userAgent: headerValues(request, 'user-agent')[0] ?? null,
    userArn: caller?.identity.principal.arn ?? null,
    ...(vpceId !== undefined && { vpceId }),
  };
}

/** Payload format 1.0, as HTTP APIs send it to a route that asks for it. */
export function httpEventOfFormat1(invocation: Invocation): LambdaEvent {
  const { path } = splitTarget(invocation.request.target);
  return Object.assign({ version: '1.0' }, restEvent({ ...invocation, path }, undefined));
}

/**
 * Payload format 2.0, as HTTP APIs and function URLs send it.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function httpEvent(invocation: Invocation): LambdaEvent {
  const { request, authorized, requestId, now, resource, domainName } = invocation;
  const { caller } = authorized;
  const { path, query } = splitTarget(request.target);
  const cookies = headerValues(request, 'cookie').flatMap((value) => value.split(/; */));
  const parameters = queryParameters(query).map(
    ([name, value]) => [utf8(name), utf8(value)] as const,
  );
  const event = {
    version: '2.0',
    routeKey: resource,
    rawPath: path,
    rawQueryString: query,
    ...(cookies.length > 0 && { cookies }),
    headers: joined(
      headersOf(invocation)
        .map(([name, value]) => [name.toLowerCase(), value] as const)
        .filter(([name]) => name !== 'cookie'),
    ),
    ...(parameters.length > 0 && { queryStringParameters: joined(parameters) }),
    requestContext: {
      accountId: caller || !invocation.isFunctionUrl ? invocation.account : 'anonymous',
      apiId: invocation.apiId,
      ...(caller && { authorizer: { iam: iam(caller) } }),
      domainName,
      domainPrefix: domainName.split('.')[0],
      http: {
        method: request.method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: sourceIp(authorized),
        userAgent: headerValues(request, 'user-agent')[0] ?? '',
      },
      requestId,
      routeKey: resource,
      stage: invocation.stage,
      time: logTime(now),
      timeEpoch: now,
    },
    ...(Object.keys(invocation.parameters).length > 0 && {
      pathParameters: invocation.parameters,
    }),
    ...(invocation.stageVariables && { stageVariables: invocation.stageVariables }),
    ...eventBody(invocation, undefined),
  };
  return event;
}

/** The address that policies see. Behind a VPC endpoint it is a private one. */
function sourceIp({ context }: Authorized): string {
  const [address] = context?.get('aws:sourceip') ?? context?.get('aws:vpcsourceip') ?? [];
  return address ?? '127.0.0.1';
}

function iam({ accessKeyId, identity: { principal, userId, organization } }: Caller): object {
  return {
    accessKey: accessKeyId,
    accountId: principal.account,
    callerId: userId,
    cognitoIdentity: null,
    principalOrgId: organization ?? null,
    userArn: principal.arn,
    userId,
  };
}

function eventBody(
  { request, isBinary }: Invocation,
  absent: null | undefined,
): { body?: string | null; isBase64Encoded: boolean } {
  if (request.body.length === 0) {
    return { ...(absent === null && { body: null }), isBase64Encoded: false };
  }
  const body = Buffer.from(request.body).toString(isBinary ? 'base64' : 'utf8');
  return { body, isBase64Encoded: isBinary };
}

type Entries = readonly (readonly [name: string, value: string])[];

function lastOfEach(entries: Entries): Record<string, string> {
  return Object.fromEntries(entries);
}

function allOfEach(entries: Entries): Record<string, string[]> {
  const all = new Map<string, string[]>();
  for (const [name, value] of entries) {
    const values = all.get(name);
    if (values) values.push(value);
    else all.set(name, [value]);
  }
  return Object.fromEntries(all);
}

function joined(entries: Entries): Record<string, string> {
  return Object.fromEntries(
    Object.entries(allOfEach(entries)).map(([name, values]) => [name, values.join(',')]),
  );
}

function orNull<T extends object>(record: T): T | null {
  return Object.keys(record).length === 0 ? null : record;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `09/Apr/2015:12:34:56 +0000` */
export function logTime(now: number): string {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T(.{8})/.exec(
    new Date(now).toISOString(),
  ) as unknown as [string, string, string, string, string];
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time} +0000`;
}
