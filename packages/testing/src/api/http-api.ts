import type { Iam } from '../iam/request-context.ts';
import { didYouMean } from '../shape.ts';
import type { RawResponse } from '../wire/raw-response.ts';
import type { Call, Handled, Service } from '../wire/service.ts';
import type { HttpApiDefinition, HttpRoute } from './api-definition.ts';
import {
  apiPlace,
  callOf,
  invokeOn,
  locate,
  LONGEST_BODY,
  tooLong,
  type ApiPlace,
} from './api-place.ts';
import { authorize, findingOf } from './authorization.ts';
import { checkIntegration, integrate } from './integration.ts';
import { isPreflight, preflight, withCors } from './cors.ts';
import { httpEvent, httpEventOfFormat1, type Invocation } from './lambda-event.ts';
import { httpResult, proxyResult } from './lambda-result.ts';
import { isTextBody } from './media-type.ts';
import { METHODS, routeTable, type FoundRoute } from './route-table.ts';

/**
 * An HTTP API. It tells a caller nothing but `Forbidden`; what was wrong is in `requests`.
 *
 * @throws {TypeError} at a definition that is wrong
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
 */
export function httpApi(
  name: string,
  definition: HttpApiDefinition,
  iam: Iam,
  region: string,
  mustAnswer: boolean,
): ApiPlace & Service {
  const { routes, cors } = definition;
  const place = apiPlace(name, definition, definition.stages ?? ['$default'], region);
  for (const route of routes) {
    const where = `API ${name}, route ${route.routeKey}`;
    const [method = ''] = route.routeKey.split(' ');
    const isRoute = METHODS.includes(method) && /^\S+ \/\S*$/.test(route.routeKey);
    if (!isRoute && route.routeKey !== '$default') {
      throw new TypeError(
        `${where}: expected "GET /orders/{id}" or "$default"${didYouMean(method, METHODS)}`,
      );
    }
    if (mustAnswer) checkIntegration(route, where);
  }
  const findPath = routeTable(
    routes.filter(({ routeKey }) => routeKey !== '$default'),
    ({ routeKey }) => {
      const [method = '', path = ''] = routeKey.split(' ');
      return { method, path };
    },
    { where: `API ${name}`, fullMatchesFirst: true },
  );
  const [fallback, second] = routes.filter(({ routeKey }) => routeKey === '$default');
  if (second) throw new TypeError(`API ${name}: it has two routes $default; remove one of them`);

  function findRoute(method: string, path: string): FoundRoute<HttpRoute> | undefined {
    return findPath(method, path) ?? (fallback && { route: fallback, parameters: {} });
  }

  async function handle(call: Call): Promise<Handled> {
    const { request } = call;
    const located = locate(request, place);
    const found = located && findRoute(request.method, located.path);
    if (!found && cors && isPreflight(request)) {
      return { response: preflight(cors, request), seen: {} };
    }
    if (!found) {
      return { response: message(404, 'Not Found', call), seen: { refusal: 'Not Found' } };
    }
    const { stage, path } = located;
    const authorized = authorize(call, iam, {
      authorization: found.route.authorization,
      ...invokeOn(place, `${stage}/${request.method}${path}`),
      sigv4a: false,
      resourcePolicy: undefined,
    });
    const seen = findingOf(authorized);
    if (seen.refusal !== undefined) {
      return { response: message(403, 'Forbidden', call), seen };
    }
    const isFormat1 = found.route.payloadFormatVersion === '1.0';
    const invocation: Invocation = {
      ...callOf(call, place, stage),
      authorized,
      resource: found.route.routeKey,
      path,
      parameters: found.parameters,
      isBinary: !isTextBody(request),
    };
    const handled = await integrate(found.route, invocation, call, {
      ids: { 'Apigw-Requestid': call.requestId },
      functionName: name,
      place,
      event: () => (isFormat1 ? httpEventOfFormat1(invocation) : httpEvent(invocation)),
      result: isFormat1 ? proxyResult : httpResult,
      timeout: 30_000,
      failure: () => message(500, 'Internal Server Error', call),
      late: () => failure(503, call),
    });
    const response =
      handled.response && cors ? withCors(handled.response, cors, request) : handled.response;
    return { ...handled, response, seen: { ...seen, ...handled.seen } };
  }

  const failure = (status: number, call: Call): RawResponse =>
    message(status, STATUS_MESSAGES[status] ?? 'Internal Server Error', call);

  return {
    ...place,
    handle,
    failure,
    longestBody: LONGEST_BODY,
    tooLong,
    throttled: (call) => failure(429, call),
  };
}

const STATUS_MESSAGES: Readonly<Record<number, string>> = {
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

function message(status: number, text: string, { requestId }: Call): RawResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Apigw-Requestid': requestId },
    body: JSON.stringify({ message: text }),
  };
}
