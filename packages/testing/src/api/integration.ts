import { queryParameters, splitTarget, utf8 } from '../wire/raw-request.ts';
import type { RawResponse } from '../wire/raw-response.ts';
import type { Handled } from '../wire/service.ts';
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
  /** The answer if the function throws, or returns something that is no answer. */
  readonly failure: () => RawResponse;
}

/** Lets the handler or the function answer. Without either there is no response. */
export async function integrate(
  { handler, lambda }: Integration,
  invocation: Invocation,
  { ids, functionName, place, event, result, failure }: IntegrationKind,
): Promise<Handled> {
  const withIds = (response: RawResponse): Handled => ({
    response: { ...response, headers: { ...ids, ...response.headers } },
    seen: {},
  });
  if (handler) return withIds(plainResponse(await handler(apiRequest(invocation))));
  if (!lambda) return { response: undefined, seen: {} };
  try {
    return withIds(result(await invokeLambda(lambda, event(), { ...place, functionName })));
  } catch (error) {
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

export function apiCaller(caller: Caller | undefined): ApiCaller | undefined {
  return (
    caller && {
      arn: caller.identity.principal.arn,
      account: caller.identity.principal.account,
      accessKeyId: caller.accessKeyId,
    }
  );
}

function plainResponse({ status = 200, headers = {}, body = '' }: ApiResponse): RawResponse {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  return {
    status,
    headers: { ...(isRaw ? undefined : { 'Content-Type': 'application/json' }), ...headers },
    body: isRaw ? body : JSON.stringify(body),
  };
}
