import { randomBytes, randomUUID } from 'node:crypto';

import type { Iam } from '../iam/request-context.ts';
import { splitTarget, type RawRequest } from '../wire/raw-request.ts';
import type { RawResponse } from '../wire/raw-response.ts';
import { TimedOut, type Call, type Handled, type Service } from '../wire/service.ts';
import type { WebSocketConnection } from '../wire/websocket-connection.ts';
import type { WebSocketApiDefinition, WebSocketRoute } from './api-definition.ts';
import { apiPlace, callOf, invokeOn, locate, type ApiPlace } from './api-place.ts';
import { authorize, findingOf, type Authorized } from './authorization.ts';
import { connectionIdOf, manageConnections, type Connection } from './connections.ts';
import {
  gatewayIds,
  gatewayResponse,
  NO_SUCH_ROUTE,
  ofDenial,
  ofRefusal,
  ofStatus,
  type GatewayError,
} from './gateway-response.ts';
import { apiCaller, checkIntegration } from './integration.ts';
import { identity, logTime, requestParts } from './lambda-event.ts';
import { invokeLambda, type LambdaEvent } from './lambda-handler.ts';

/** How long a route may take, in ms. */
const TIMEOUT = 29_000;

/** One client, from its handshake on. */
interface Connected {
  readonly connectionId: string;
  readonly connectedAt: number;
  readonly request: RawRequest;
  readonly stage: string;
  readonly authorized: Authorized;
  readonly now: () => number;
  readonly within: Call['within'];
  /** Does nothing as long as the handshake is not done. */
  readonly send: (text: string) => void;
}

/**
 * A WebSocket API. A signature is asked for once, at the handshake.
 *
 * @throws {TypeError} at a definition that is wrong
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html
 */
export function webSocketApi(
  name: string,
  definition: WebSocketApiDefinition,
  iam: Iam,
  region: string,
): ApiPlace & Service {
  const { routeSelectionExpression = '$request.body.action' } = definition;
  const place = apiPlace(name, definition, definition.stages ?? ['prod'], region);
  for (const route of definition.routes) {
    // `$connect` may be there for its authorization only.
    if (route.routeKey !== '$connect' || route.handler || route.lambda) {
      checkIntegration(
        { ...route, handler: route.handler as never },
        `API ${name}, route ${route.routeKey}`,
      );
    }
  }
  const routes = new Map(definition.routes.map((route) => [route.routeKey, route]));
  if (routes.size < definition.routes.length) {
    throw new TypeError(`API ${name}: two routes have one routeKey; remove one of them`);
  }

  const connections = new Map<string, Connection>();

  async function connect(call: Call): Promise<Handled> {
    const located = locate(call.request, place);
    if (located?.path !== '/') return refuse(call, NO_SUCH_ROUTE);
    const { stage } = located;
    const route = routes.get('$connect');
    const authorized = authorize(call, iam, {
      authorization: route?.authorization,
      ...invokeOn(place, `${stage}/$connect`),
      sigv4a: false,
      resourcePolicy: undefined,
    });
    if (authorized.refusal) return refuse(call, ofRefusal(authorized.refusal), authorized);
    if (authorized.denial) {
      return refuse(call, ofDenial(authorized.denial.message), authorized);
    }
    let connection: WebSocketConnection | undefined;
    const client: Connected = {
      connectionId: randomBytes(10).toString('base64'),
      connectedAt: call.now(),
      request: call.request,
      stage,
      authorized,
      now: call.now,
      within: call.within,
      send: (text) => connection?.send(text),
    };
    const seen = findingOf(authorized);
    try {
      if (route) await run(route, client, '');
    } catch (error) {
      const status = error instanceof TimedOut ? 504 : 502;
      return { response: failure(status, call), seen: { ...seen, failure: String(error) } };
    }
    return {
      response: { status: 101, headers: gatewayIds(call.requestId), body: '' },
      seen,
      accept: (accepted) => {
        connection = accepted;
        const open: Connection = {
          stage,
          authorized,
          call,
          connectedAt: client.connectedAt,
          lastActiveAt: client.connectedAt,
          socket: accepted,
        };
        connections.set(client.connectionId, open);
        accepted.onText = (text) => {
          open.lastActiveAt = call.now();
          void receive(client, text);
        };
        accepted.onClose = () => {
          connections.delete(client.connectionId);
          const goodbye = routes.get('$disconnect');
          // The client has gone, so nobody can be told what it throws.
          if (goodbye) run(goodbye, client, '').catch(() => {});
        };
      },
    };
  }

  async function receive(client: Connected, text: string): Promise<void> {
    const route = routes.get(routeKeyOf(text, routeSelectionExpression)) ?? routes.get('$default');
    const { connectionId, send } = client;
    const error = (message: string): void =>
      send(JSON.stringify({ message, connectionId, requestId: randomUUID() }));
    if (!route || route.routeKey === '$connect' || route.routeKey === '$disconnect') {
      return error('Forbidden');
    }
    try {
      const answer = await run(route, client, text);
      if (answer !== undefined) send(typeof answer === 'string' ? answer : JSON.stringify(answer));
    } catch (thrown) {
      error(thrown instanceof TimedOut ? 'Endpoint request timed out' : 'Internal server error');
    }
    return undefined;
  }

  /** @returns what goes back to the client */
  async function run(
    { routeKey, handler, lambda }: WebSocketRoute,
    client: Connected,
    body: string,
  ): Promise<unknown> {
    const { connectionId, authorized, send, within } = client;
    const caller = apiCaller(authorized.caller);
    if (handler) {
      return within(TIMEOUT, handler({ routeKey, connectionId, body, caller, send }));
    }
    if (!lambda) return undefined;
    const event = socketEvent(place, client, routeKey, body);
    const invoked = invokeLambda(lambda, event, { ...place, functionName: name });
    const result = (await within(TIMEOUT, invoked)) as
      | { statusCode?: number; body?: string }
      | undefined;
    const { statusCode = 200 } = result ?? {};
    if (statusCode >= 400) throw new Error(`${routeKey} answered ${statusCode}`);
    return result?.body;
  }

  const failure = (status: number, call: Call): RawResponse => respond(call, ofStatus(status));

  return {
    ...place,
    connect,
    // Plain requests can only be about those who are connected.
    handle: (call) => {
      const located = locate(call.request, place);
      const id = located && connectionIdOf(located);
      return located === undefined || id === undefined
        ? refuse(call, NO_SUCH_ROUTE)
        : manageConnections(call, iam, place, located.stage, id, connections, (error, authorized) =>
            refuse(call, error, authorized),
          );
    },
    failure,
    throttled: (call) => failure(429, call),
  };
}

function respond({ request, requestId }: Call, error: GatewayError): RawResponse {
  const { path } = splitTarget(request.target);
  const context = { requestId, httpMethod: request.method, path, stage: path.split('/')[1] ?? '' };
  return gatewayResponse(error, {}, context);
}

function refuse(call: Call, error: GatewayError, authorized?: Authorized): Handled {
  return {
    response: respond(call, error),
    seen: { refusal: error.message, ...(authorized && findingOf(authorized)) },
  };
}

/** `$request.body.a.b` of a JSON message; `$default` where there is no such text. */
function routeKeyOf(text: string, expression: string): string {
  try {
    let value: unknown = JSON.parse(text);
    for (const name of expression.slice('$request.body.'.length).split('.')) {
      value = Object.hasOwn(Object(value) as object, name)
        ? (value as Record<string, unknown>)[name]
        : undefined;
    }
    return typeof value === 'string' ? value : '$default';
  } catch {
    return '$default';
  }
}

const EVENT_TYPES: Readonly<Record<string, string>> = {
  $connect: 'CONNECT',
  $disconnect: 'DISCONNECT',
};

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html */
function socketEvent(
  place: ApiPlace,
  { connectionId, connectedAt, request, stage, authorized, now }: Connected,
  routeKey: string,
  body: string,
): LambdaEvent {
  const eventType = EVENT_TYPES[routeKey] ?? 'MESSAGE';
  const requestId = randomUUID();
  const call = callOf({ request, requestId, now }, place, stage);
  return {
    ...(eventType === 'CONNECT' &&
      requestParts({ request, domainName: call.domainName, authorized })),
    requestContext: {
      apiId: place.id,
      connectedAt,
      connectionId,
      domainName: call.domainName,
      eventType,
      extendedRequestId: requestId,
      identity: identity({ request, authorized }),
      messageDirection: 'IN',
      ...(eventType === 'MESSAGE' && { messageId: requestId }),
      requestId,
      requestTime: logTime(call.now),
      requestTimeEpoch: call.now,
      routeKey,
      stage,
    },
    ...(call.stageVariables && { stageVariables: call.stageVariables }),
    ...(eventType === 'MESSAGE' && { body }),
    isBase64Encoded: false,
  };
}
