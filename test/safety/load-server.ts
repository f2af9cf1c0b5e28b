import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** How one call is answered. Its path names it: `/half/17`. */
export const ANSWERS: Readonly<Record<string, (response: ServerResponse, token: string) => void>> =
  {
    good: (response) => response.end('good'),
    reset: (response) => response.socket?.destroy(),
    // The length promises more than comes.
    half: (response) => cut(response, 200, {}),
    'half a refusal': (response) => cut(response, 403, refusal('AccessDenied')),
    'half an expired token': (response) => cut(response, 403, refusal('ExpiredTokenException')),
    denied: (response) =>
      refuse(response, 'AccessDeniedException', 'User: a is not authorized to perform: b'),
    skewed: (response) => {
      response.setHeader('date', new Date(Date.now() + 3_600_000).toUTCString());
      refuse(response, 'InvalidSignatureException', 'Signature expired: a is now earlier than b');
    },
    long: (response) => response.writeHead(403).end('{"message":"no'.padEnd(70_000, '.')),
    quoting: (response, token) => response.writeHead(403).end(`you sent ${token}`),
    throttled: (response) => response.writeHead(429, { 'retry-after': '1' }).end('slower'),
    unavailable: (response) => response.writeHead(503).end('later'),
    // Only an abort ends a call that gets this.
    silence: () => {},
    'a beginning': (response) => response.writeHead(200, { 'content-length': '50' }).write('begin'),
    'expired token': (response) =>
      refuse(response, 'ExpiredTokenException', 'The security token included is expired'),
    'invalid token': (response) =>
      refuse(
        response,
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      ),
  };

function refusal(type: string): Record<string, string> {
  return { 'x-amzn-errortype': type };
}

function refuse(response: ServerResponse, type: string, message: string): void {
  response.writeHead(403, refusal(type)).end(JSON.stringify({ message }));
}

function cut(response: ServerResponse, status: number, headers: Record<string, string>): void {
  response.writeHead(status, { ...headers, 'content-length': '50' });
  response.write('{"message":"b', () => response.socket?.destroy());
}

export interface LoadServer {
  readonly origin: string;
  /** Connections that are open now. */
  readonly sockets: ReadonlySet<Socket>;
  readonly requests: () => number;
  readonly close: () => void;
}

/** @param onRequest told the path of each request, before it is answered */
export async function startLoadServer(onRequest: (path: string) => void): Promise<LoadServer> {
  const sockets = new Set<Socket>();
  let requests = 0;
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
    requests += 1;
    const path = decodeURIComponent(request.url ?? '');
    request.on('error', () => {});
    response.on('error', () => {});
    request.resume().on('end', () => {
      ANSWERS[path.split('/')[1] ?? '']?.(
        response,
        String(request.headers['x-amz-security-token']),
      );
    });
    onRequest(path);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', 4096, resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    requests: () => requests,
    close: () => void server.close(),
  };
}
