import { queryParameters, splitTarget, utf8 } from '../wire/raw-request.ts';
import type { RawResponse } from '../wire/raw-response.ts';
import { TimedOut, type Call, type Handled } from '../wire/service.ts';
import type { ApiCaller, ApiRequest, ApiResponse, Integration } from './api-definition.ts';
import type { Caller } from './authorization.ts';
import type { Invocation } from './lambda-event.ts';
import { invokeLambda, type LambdaEvent } from './lambda-handler.ts';

/**
 * @param where for the error's message
 * @throws {TypeError} at one that has not exactly one of `handler` and `lambda`
 */
export function checkIntegration({ handler, lambda }: Integration, where: string): void {
  const given = [handler, lambda].filter((one) => one !== undefined);
  if (given.length !== 1 || typeof given[0] !== 'function') {
    throw new TypeError(`${where}: expected a function as its handler or as its lambda`);
  }
}

/** How the kinds of API differ in what they hand to a function and take from it. */
export interface IntegrationKind {
  /** Headers that each answer gets, unless it brings its own. */
  readonly ids: RawResponse['headers'];
  /** The name, region and account that a function is told as its own. */
  readonly functionName: string;
  readonly place: { readonly region: string; readonly account: string };
  readonly event: () => LambdaEvent;
  readonly result: (returned: unknown) => RawResponse;
  /** How long it may take, in ms. */
  readonly timeout: number;
  /** The answer if the function throws, or returns something that is no answer. */
  readonly failure: () => RawResponse;
  /** The answer if it takes too long. */
  readonly late: () => RawResponse;
}

/** Lets the handler or the function answer. Without either there is no response. */
export async function integrate(
  { handler, lambda }: Integration,
  invocation: Invocation,
  call: Call,
  { ids, functionName, place, timeout, event, result, failure, late }: IntegrationKind,
): Promise<Handled> {
  const withIds = (response: RawResponse): Handled => ({
    response: { ...response, headers: { ...ids, ...response.headers } },
    seen: {},
  });
  try {
    if (handler) {
      return withIds(plainResponse(await call.within(timeout, handler(apiRequest(invocation)))));
    }
    if (!lambda) return { response: undefined, seen: {} };
    const invoked = invokeLambda(lambda, event(), { ...place, functionName });
    return withIds(result(await call.within(timeout, invoked)));
  } catch (error) {
    if (error instanceof TimedOut) return { response: late(), seen: { failure: error.message } };
    // A handler is the test's own, and what it throws is shown to the test.
    if (handler) throw error;
    return { response: failure(), seen: { failure: String(error) } };
  }
}

/** What a handler of plain requests gets. */
function apiRequest({ request, path, parameters, authorized }: Invocation): ApiRequest {
  const { query } = splitTarget(request.target);
  return {
    method: request.method,
    path,
    pathParameters: parameters,
    query: new URLSearchParams(
      queryParameters(query).map(([name, value]) => [utf8(name), utf8(value)]),
    ),
    headers: new Headers(request.rawHeaders.map(([name, value]) => [name, value])),
    body: new TextDecoder().decode(request.body),
    bodyBytes: request.body,
    caller: apiCaller(authorized.caller),
  };
}

function isWebResponse(response: object): boolean {
  return Object.prototype.toString.call(response) === '[object Response]';
}

export function apiCaller(caller: Caller | undefined): ApiCaller | undefined {
  return (
    caller && {
      arn: caller.identity.principal.arn,
      account: caller.identity.principal.account,
      accessKeyId: caller.accessKeyId,
    }
  );
}

const RESPONSE_FIELDS = new Set(['status', 'headers', 'body']);

/** @throws {TypeError} at what is no plain response: a field that is ignored would be a false 200 */
function plainResponse(response: ApiResponse): RawResponse {
  const isPlain = typeof response === 'object' && response !== null && !isWebResponse(response);
  const unknown = isPlain && Object.keys(response).find((name) => !RESPONSE_FIELDS.has(name));
  if (!isPlain || unknown !== undefined) {
    throw new TypeError(
      `a handler must return { status?, headers?, body? }, and this one returned ${isPlain ? String(unknown) : 'something else'}${unknown === 'statusCode' ? '; a Lambda function returns statusCode, and is given as `lambda`' : ''}`,
    );
  }
  const { status = 200, headers = {}, body = '' } = response;
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  return {
    status,
    headers: { ...(isRaw ? undefined : { 'Content-Type': 'application/json' }), ...headers },
    body: isRaw ? body : JSON.stringify(body),
  };
}
