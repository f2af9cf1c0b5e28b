import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { RawRequest } from './raw-request.ts';

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

export interface LoopbackServer {
  /** `http://127.0.0.1:{port}` */
  readonly origin: string;
  close(): Promise<void>;
}

/**
 * Serves on a free port of 127.0.0.1. A fault in `handle` becomes a 500 that tells it.
 *
 * @param now the time that the `Date` header tells, ms since the epoch
 */
export async function serveOnLoopback(
  handle: (request: RawRequest) => Promise<RawResponse>,
  now: () => number,
): Promise<LoopbackServer> {
  const server = createServer((message, response) => {
    void respond(message, response);
  });

  async function respond(message: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { status, headers, body } = await handle(await rawRequest(message));
      response.writeHead(status, { Date: new Date(now()).toUTCString(), ...headers });
      response.end(message.method === 'HEAD' ? undefined : body);
    } catch (error) {
      const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
      response.writeHead(500, { 'Content-Type': 'text/plain' });
      response.end(told);
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        // Its only error says that it is closed already.
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function rawRequest(message: IncomingMessage): Promise<RawRequest> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk as Uint8Array);
  const rawHeaders: [string, string][] = [];
  for (let at = 0; at < message.rawHeaders.length; at += 2) {
    rawHeaders.push([message.rawHeaders[at] as string, message.rawHeaders[at + 1] as string]);
  }
  return {
    method: message.method ?? '',
    target: message.url ?? '',
    rawHeaders,
    body: new Uint8Array(Buffer.concat(chunks)),
  };
}
