import type { Iam } from '../iam/request-context.ts';
import type { RawResponse } from '../wire/raw-response.ts';
import type { Call, Handled } from '../wire/service.ts';
import type { WebSocketConnection } from '../wire/websocket-connection.ts';
import { invokeOn, type ApiPlace, type Located } from './api-place.ts';
import { authorize, findingOf, type Authorized } from './authorization.ts';
import { gatewayIds, ofDenial, ofRefusal, type GatewayError } from './gateway-response.ts';
import { identity } from './lambda-event.ts';

/** The longest message that can be posted, in bytes. */
const LONGEST = 131_072;

/** A client that is connected. */
export interface Connection {
  readonly stage: string;
  readonly connectedAt: number;
  /** ms since the epoch; changes. */
  lastActiveAt: number;
  readonly authorized: Authorized;
  readonly call: Pick<Call, 'request'>;
  readonly socket: WebSocketConnection;
}

/** The connection id of a path of `@connections`, as it was sent. Some clients encode the `@`. */
export function connectionIdOf({ path }: Located): string | undefined {
  return /^\/(?:@|%40)connections\/(.*)$/.exec(path)?.[1];
}

/**
 * The API by which a backend sends to the clients of a WebSocket API, asks about them and ends their
 * connections. It asks for `execute-api:ManageConnections`, always signed.
 *
 * @param refused writes an error in the form of the API
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
 */
export function manageConnections(
  call: Call,
  iam: Iam,
  place: ApiPlace,
  stage: string,
  sentId: string,
  connections: ReadonlyMap<string, Connection>,
  refused: (error: GatewayError, authorized: Authorized) => Handled,
): Handled {
  const { request } = call;
  const authorized = authorize(call, iam, {
    ...invokeOn(place, `${stage}/${request.method}/@connections/${sentId}`),
    actions: { 'execute-api:ManageConnections': {} },
    authorization: 'AWS_IAM',
    sigv4a: false,
    resourcePolicy: undefined,
  });
  if (authorized.refusal) return refused(ofRefusal(authorized.refusal), authorized);
  if (authorized.denial) return refused(ofDenial(authorized.denial.message), authorized);
  const answer = (status: number, body: string, errorType?: string): Handled => ({
    response: response(call, status, body, errorType),
    seen: findingOf(authorized),
  });
  const fault = (status: number, errorType: string, message: string): Handled =>
    answer(status, JSON.stringify({ message }), errorType);

  const id = decoded(sentId);
  const connection = connections.get(id);
  if (!/^[\w+/-]+=*$/.test(id)) {
    return fault(400, 'BadRequestException', `Invalid connectionId: ${id}`);
  }
  if (connection?.stage !== stage) return fault(410, 'GoneException', 'Gone');
  switch (request.method) {
    case 'POST':
      if (request.body.length > LONGEST) {
        return fault(413, 'PayloadTooLargeException', 'Message too long');
      }
      connection.socket.send(Buffer.from(request.body).toString());
      connection.lastActiveAt = call.now();
      return answer(200, '');
    case 'GET': {
      const { sourceIp, userAgent } = identity({
        request: connection.call.request,
        authorized: connection.authorized,
      });
      const told = {
        connectedAt: new Date(connection.connectedAt).toISOString(),
        identity: { sourceIp, userAgent },
        lastActiveAt: new Date(connection.lastActiveAt).toISOString(),
      };
      return answer(200, JSON.stringify(told));
    }
    case 'DELETE':
      connection.socket.close();
      return answer(204, '');
    default:
      return fault(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

function response(
  { requestId }: Call,
  status: number,
  body: string,
  errorType: string | undefined,
): RawResponse {
  return {
    status,
    headers: {
      ...(body !== '' && { 'Content-Type': 'application/json' }),
      ...(errorType !== undefined && { 'x-amzn-ErrorType': errorType }),
      ...gatewayIds(requestId),
    },
    body,
  };
}
