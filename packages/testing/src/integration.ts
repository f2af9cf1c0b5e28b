import type { ApiCaller, ApiRequest, ApiResponse, Integration } from './api-definition.ts';
import type { Caller } from './authorization.ts';
import type { Invocation } from './lambda-event.ts';
import type { RawResponse } from './raw-response.ts';
import { queryParameters, splitTarget, utf8 } from './raw-request.ts';

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

/** What a handler of plain requests gets. */
export function apiRequest({ request, path, parameters, authorized }: Invocation): ApiRequest {
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

export function plainResponse({ status = 200, headers = {}, body = '' }: ApiResponse): RawResponse {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  return {
    status,
    headers: { ...(isRaw ? undefined : { 'Content-Type': 'application/json' }), ...headers },
    body: isRaw ? body : JSON.stringify(body),
  };
}
