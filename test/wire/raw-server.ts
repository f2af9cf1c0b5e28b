import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

import type { RawRequest } from '@sigv4/testing';

export interface RawServer {
  readonly origin: string;
  readonly port: number;
  /** As the bytes came, parsed by nothing but this file. */
  readonly requests: RawRequest[];
  /** What the next requests get: status line and headers, then 200s. */
  readonly answers: string[];
  /** Bytes that came, of requests that are not complete too. */
  readonly received: () => number;
  close(): Promise<void>;
}

/** The answer to a request that gets none. */
export const SILENCE = 'silence';
/** The answer to a request whose connection breaks. */
export const HANG_UP = 'hang up';

/** Lets pages of any origin call it and see all of its answers. */
const CORS = [
  'access-control-allow-origin: *',
  'access-control-allow-methods: *',
  'access-control-expose-headers: *',
  'access-control-max-age: 600',
].join('\r\n');

/**
 * A server of bare TCP, so that no HTTP library has a say in what came. It answers the preflights
 * of browsers, and does not keep them.
 */
export async function startRawServer(path?: string): Promise<RawServer> {
  const requests: RawRequest[] = [];
  const answers: string[] = [];
  const sockets = new Set<Socket>();
  let received = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    const message = new Message();
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      received += chunk.length;
      message.add(chunk);
      for (let found = message.take(); found; found = message.take()) {
        if (isPreflight(found)) {
          const asked = valueOf(found.rawHeaders, 'access-control-request-headers') ?? '*';
          socket.write(
            `HTTP/1.1 204 No Content\r\n${CORS}\r\naccess-control-allow-headers: ${asked}\r\n\r\n`,
          );
          continue;
        }
        requests.push(found);
        const head = answers.shift() ?? 'HTTP/1.1 200 OK\r\ncontent-type: text/plain';
        if (head === HANG_UP) socket.destroy();
        if (head === SILENCE || head === HANG_UP) continue;
        const body = found.method === 'HEAD' ? '' : 'ok';
        socket.write(`${head}\r\n${CORS}\r\ncontent-length: 2\r\n\r\n${body}`);
      }
    });
  });
  await new Promise<void>((resolve) => {
    if (path === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(path, resolve);
  });
  const port = path === undefined ? (server.address() as AddressInfo).port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests,
    answers,
    received: () => received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function isPreflight({ method, rawHeaders }: RawRequest): boolean {
  return method === 'OPTIONS' && valueOf(rawHeaders, 'access-control-request-method') !== undefined;
}

function valueOf(rawHeaders: RawRequest['rawHeaders'], name: string): string | undefined {
  return rawHeaders.find(([key]) => key.toLowerCase() === name)?.[1];
}

/** The request that is coming on a connection. */
class Message {
  #rest: Buffer = Buffer.alloc(0);
  #head: Omit<RawRequest, 'body'> | undefined;
  #body: Buffer[] = [];
  /** Bytes of the body, or of its chunk, that have not come. */
  #missing = 0;
  #isChunked = false;

  add(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
  }

  /** The next request, if all of it is there. */
  take(): RawRequest | undefined {
    this.#head ??= this.#readHead();
    if (this.#head === undefined) return undefined;
    for (;;) {
      const part = this.#rest.subarray(0, this.#missing);
      if (part.length > 0) this.#body.push(part);
      this.#rest = this.#rest.subarray(part.length);
      this.#missing -= part.length;
      if (this.#missing > 0) return undefined;
      if (!this.#isChunked) break;
      const [line, digits] = /^(?:\r\n)?([0-9a-f]+)\r\n/i.exec(this.#start()) ?? [];
      if (line === undefined || digits === undefined) return undefined;
      this.#missing = Number.parseInt(digits, 16);
      const end = this.#missing === 0 ? line.length + 2 : line.length;
      if (this.#rest.length < end) return undefined;
      this.#rest = this.#rest.subarray(end);
      this.#isChunked = this.#missing > 0;
    }
    const request = { ...this.#head, body: new Uint8Array(Buffer.concat(this.#body)) };
    this.#head = undefined;
    this.#body = [];
    return request;
  }

  #start(): string {
    return this.#rest.subarray(0, 20).toString('latin1');
  }

  #readHead(): Omit<RawRequest, 'body'> | undefined {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end === -1) return undefined;
    const [requestLine = '', ...lines] = this.#rest
      .subarray(0, end)
      .toString('latin1')
      .split('\r\n');
    this.#rest = this.#rest.subarray(end + 4);
    const [method = '', target = ''] = requestLine.split(' ');
    const rawHeaders = lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    });
    this.#missing = Number(valueOf(rawHeaders, 'content-length') ?? 0);
    this.#isChunked = valueOf(rawHeaders, 'transfer-encoding') === 'chunked';
    return { method, target, rawHeaders };
  }
}
