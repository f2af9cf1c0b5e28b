import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { headerValues, type RawRequest } from '../wire/raw-request.ts';
import { half, type RawResponse } from '../wire/raw-response.ts';
import { acceptKey, WebSocketConnection } from '../wire/websocket-connection.ts';
import type { Outcome } from './simulated-aws.ts';
import type { TlsCertificate } from './tls-certificate.ts';

export interface LoopbackServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface ServerOptions {
  /** The name of the server in the message when its port is taken. */
  readonly name: string;
  /** Default: a free one. */
  readonly port?: number | undefined;
  /** The address to listen at. Default: 127.0.0.1. */
  readonly host?: string | undefined;
  /** Default: without TLS. */
  readonly tls?: TlsCertificate;
  /** Whether WebSockets are served. If not, a request to upgrade is answered as any other. */
  readonly upgrades: boolean;
  /** @param upgrade whether it asks for a WebSocket */
  readonly respond: (request: RawRequest, upgrade: boolean) => Promise<Outcome>;
}

/**
 * Serves on 127.0.0.1, unless another address is named.
 *
 * @throws {Error} if the port is in use
 */
export async function serveOnLoopback(options: ServerOptions): Promise<LoopbackServer> {
  const { name, port = 0, host = '127.0.0.1', tls } = options;
  const server = tls ? createTlsServer({ key: tls.key, cert: tls.cert }) : createServer();
  // Node's own list lacks WebSockets, and connections whose TLS handshake is not done.
  const connections = new Set<Duplex>();
  server.on('connection', (socket: Duplex) => {
    connections.add(socket);
    // A test that failed before it could close this must not keep its process alive.
    (socket as Socket).unref();
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    // A client that has hung up waits for no answer.
    void answer(message, response).catch(() => response.destroy());
  });
  const onUpgrade = (message: IncomingMessage, socket: Duplex, rest: Buffer): void => {
    socket.on('error', () => socket.destroy());
    socket.unshift(rest);
    void upgrade(message, socket).catch(() => socket.destroy());
  };
  if (options.upgrades) server.on('upgrade', onUpgrade);

  const respond: ServerOptions['respond'] = async (request, isUpgrade) =>
    isMalformed(request, isUpgrade) ? BAD_REQUEST : options.respond(request, isUpgrade);

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(message);
    const outcome = await respond(arrived(message, body), false);
    send(outcome, response, message.method === 'HEAD');
  }

  async function upgrade(message: IncomingMessage, socket: Duplex): Promise<void> {
    const request = arrived(message, new Uint8Array());
    const { response, accept, drop, isGarbage } = await respond(request, true);
    if (drop === 'before' || drop === 'after' || !response) return void socket.destroy();
    if (isGarbage) return void socket.end(GARBAGE);
    if (!accept) return void socket.end(head(response, response.body));
    const key = message.headers['sec-websocket-key'] as string;
    const handshake = {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Accept': acceptKey(key),
    };
    socket.write(head({ ...response, headers: { ...response.headers, ...handshake } }));
    if (drop === 'during') return void socket.destroy();
    accept(new WebSocketConnection(socket));
    return undefined;
  }

  await listen(server, name, port, host);
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        // Its only error says that it is closed already.
        server.close(() => resolve());
        for (const socket of connections) socket.destroy();
      }),
  };
}

const BAD_REQUEST: Outcome = {
  response: { status: 400, headers: { Connection: 'close' }, body: '' },
  drop: undefined,
  isGarbage: false,
};

/** RFC 9112, 3.2, and for handshakes RFC 6455, 4.2.1; Node looks after the rest. */
function isMalformed(request: RawRequest, upgrade: boolean): boolean {
  const one = (name: string): string => headerValues(request, name).join();
  const isHandshake =
    /^websocket$/i.test(one('upgrade')) &&
    one('sec-websocket-version') === '13' &&
    /^[\w+/]{22}==$/.test(one('sec-websocket-key'));
  return headerValues(request, 'host').length > 1 || (upgrade && !isHandshake);
}

const GARBAGE = 'This is not HTTP.\r\n\r\n';

function send(outcome: Outcome, response: ServerResponse, isHead: boolean): void {
  const { drop, isGarbage } = outcome;
  if (drop === 'before' || drop === 'after' || !outcome.response) {
    return void response.destroy();
  }
  if (isGarbage) return void response.socket?.end(GARBAGE);
  const { status, headers, body } = outcome.response;
  try {
    const hasLength = Object.keys(headers).some((name) =>
      /^(?:transfer-encoding|content-length)$/i.test(name),
    );
    const isEmpty = hasLength || status === 204 || status === 304;
    const length = Buffer.byteLength(body);
    response.writeHead(status, {
      ...(headers as Record<string, string | string[]>),
      // To break off during an answer, promise more bytes than are sent. It comes last, since after
      // it Node refuses a Content-Disposition that is not ASCII.
      ...(!isEmpty && { 'Content-Length': drop === 'during' ? Math.max(length, 1) : length }),
    });
  } catch (error) {
    response.writeHead(500, { 'Content-Type': 'text/plain' });
    return void response.end(error instanceof Error ? error.stack : String(error));
  }
  if (drop !== 'during') return void response.end(isHead ? undefined : body);
  response.flushHeaders();
  response.write(half(body), () => response.destroy());
  return undefined;
}

/** Writes an answer to a handshake, since Node leaves that to us. */
function head({ status, headers }: RawResponse, body?: Uint8Array | string): string {
  const all = {
    ...headers,
    ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body), Connection: 'close' }),
  };
  const lines = Object.entries(all).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}\r\n`),
  );
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body === undefined ? '' : Buffer.from(body as Uint8Array).toString()}`;
}

async function bodyOf(message: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk as Uint8Array);
  return new Uint8Array(Buffer.concat(chunks));
}

function arrived(message: IncomingMessage, body: Uint8Array): RawRequest {
  const { method = '', url = '', rawHeaders: flat } = message;
  const rawHeaders: [string, string][] = [];
  for (let at = 0; at < flat.length; at += 2) {
    rawHeaders.push([flat[at] as string, flat[at + 1] as string]);
  }
  return { method, target: url, rawHeaders, body };
}

async function listen(server: Server, name: string, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(
              `Port ${port} of ${host}, for ${name}, is in use. End what listens there, or choose another port.`,
              { cause: error },
            )
          : error,
      );
    });
    server.listen(port, host, resolve);
  });
}
