import { loadPolicy } from '../iam/policy-document.ts';
import type { Iam } from '../iam/request-context.ts';
import { headerValues, splitTarget } from '../wire/raw-request.ts';
import type { Call, Handled, Service } from '../wire/service.ts';
import type { RestApiDefinition } from './api-definition.ts';
import {
  apiPlace,
  callOf,
  invokeOn,
  locate,
  LONGEST_BODY,
  tooLong,
  type ApiPlace,
} from './api-place.ts';
import { authorize, findingOf, type Authorized } from './authorization.ts';
import {
  checkGatewayResponses,
  gatewayIds,
  gatewayResponse,
  NO_SUCH_ROUTE,
  ofDenial,
  ofRefusal,
  ofStatus,
  WRONG_API_KEY,
  type GatewayError,
} from './gateway-response.ts';
import { checkIntegration, integrate } from './integration.ts';
import { restEvent, type Invocation } from './lambda-event.ts';
import { restResult } from './lambda-result.ts';
import { isBinaryType } from './media-type.ts';
import { routeTable } from './route-table.ts';

/**
 * A REST API. It checks route, signature, policies and API key in this order, and then has the
 * handler answer.
 *
 * @throws {TypeError} at a definition that is wrong
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-authorization-flow.html
 */
export function restApi(
  name: string,
  definition: RestApiDefinition,
  iam: Iam,
  region: string,
  mustAnswer: boolean,
): ApiPlace & Service {
  const { routes, resourcePolicy, gatewayResponses = {}, apiKeys = [] } = definition;
  const place = apiPlace(name, definition, definition.stages ?? ['prod'], region);
  for (const route of routes) {
    const where = `API ${name}, route ${route.method} ${route.path}`;
    if (route.apiKeyRequired === true && apiKeys.length === 0) {
      throw new TypeError(`${where}: it requires an API key, and the API has no \`apiKeys\``);
    }
    if (mustAnswer) checkIntegration(route, where);
  }
  checkGatewayResponses(gatewayResponses, `gateway responses of the API ${name}`);
  const findRoute = routeTable(routes, (route) => route, {
    where: `API ${name}`,
    fullMatchesFirst: false,
  });
  const statements = resourcePolicy
    ? loadPolicy(resourcePolicy, 'resource', `resource policy of the API ${name}`, (resource) =>
        resource.startsWith('execute-api:/')
          ? `${place.arn}/${resource.slice('execute-api:/'.length)}`
          : resource,
      )
    : undefined;

  async function handle(call: Call): Promise<Handled> {
    const { request } = call;
    const located = locate(request, place);
    const found = located && findRoute(request.method, located.path);
    if (!found) return refuse(call, NO_SUCH_ROUTE);
    const { stage, path } = located;
    const authorized = authorize(call, iam, {
      authorization: found.route.authorization,
      ...invokeOn(place, `${stage}/${request.method}${path}`),
      resourcePolicy: statements,
    });
    if (authorized.refusal) return refuse(call, ofRefusal(authorized.refusal), authorized);
    if (authorized.denial) {
      return refuse(call, ofDenial(authorized.denial.message), authorized);
    }
    const [apiKey] = headerValues(request, 'x-api-key');
    if (found.route.apiKeyRequired === true && !(apiKey && apiKeys.includes(apiKey))) {
      return refuse(call, WRONG_API_KEY, authorized);
    }
    const invocation: Invocation = {
      ...callOf(call, place, stage),
      authorized,
      resource: found.route.path,
      path,
      parameters: found.parameters,
      isBinary: isBinaryType(headerValues(request, 'content-type')[0], definition.binaryMediaTypes),
    };
    const handled = await integrate(found.route, invocation, call, {
      ids: gatewayIds(call.requestId),
      functionName: name,
      place,
      event: () => restEvent(invocation, found.route.apiKeyRequired === true ? apiKey : undefined),
      result: (returned) => restResult(returned, request, definition.binaryMediaTypes),
      timeout: 29_000,
      failure: () => failure(502, call),
      late: () => failure(504, call),
    });
    return { ...handled, seen: { ...findingOf(authorized), ...handled.seen } };
  }

  function refuse(call: Call, error: GatewayError, authorized?: Authorized): Handled {
    return {
      response: respond(call, error),
      seen: { refusal: error.message, ...(authorized && findingOf(authorized)) },
    };
  }

  function respond(call: Call, error: GatewayError): Handled['response'] & object {
    const { path } = splitTarget(call.request.target);
    return gatewayResponse(error, gatewayResponses, {
      requestId: call.requestId,
      httpMethod: call.request.method,
      path,
      stage: locate(call.request, place)?.stage ?? path.split('/')[1] ?? '',
    });
  }

  const failure = (status: number, call: Call): Handled['response'] & object =>
    respond(call, ofStatus(status));

  return {
    ...place,
    handle,
    failure,
    longestBody: LONGEST_BODY,
    tooLong,
    throttled: (call) => failure(429, call),
  };
}
