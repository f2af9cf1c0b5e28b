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
  close(): Promise<void>;
}

/** A server of bare TCP, so that no HTTP library has a say in what came. */
export async function startRawServer(path?: string): Promise<RawServer> {
  const requests: RawRequest[] = [];
  const answers: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let received: Buffer = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (let found = parse(received); found; found = parse(received)) {
        requests.push(found.request);
        received = found.rest;
        const head = answers.shift() ?? 'HTTP/1.1 200 OK\r\ncontent-type: text/plain';
        const body = found.request.method === 'HEAD' ? '' : 'ok';
        socket.write(`${head}\r\ncontent-length: 2\r\n\r\n${body}`);
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
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function parse(bytes: Buffer): { request: RawRequest; rest: Buffer } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [requestLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const [method = '', target = ''] = requestLine.split(' ');
  const rawHeaders = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  const after = bytes.subarray(end + 4);
  const valueOf = (name: string): string | undefined =>
    rawHeaders.find(([key]) => key.toLowerCase() === name)?.[1];
  const body =
    valueOf('transfer-encoding') === 'chunked'
      ? readChunks(after)
      : readLength(after, Number(valueOf('content-length') ?? 0));
  return (
    body && {
      request: { method, target, rawHeaders, body: new Uint8Array(body.body) },
      rest: body.rest,
    }
  );
}

function readLength(bytes: Buffer, length: number): { body: Buffer; rest: Buffer } | undefined {
  if (bytes.length < length) return undefined;
  return { body: bytes.subarray(0, length), rest: bytes.subarray(length) };
}

function readChunks(bytes: Buffer): { body: Buffer; rest: Buffer } | undefined {
  const chunks: Buffer[] = [];
  let rest = bytes;
  for (;;) {
    const line = rest.indexOf('\r\n');
    if (line === -1) return undefined;
    const size = Number.parseInt(rest.subarray(0, line).toString('latin1'), 16);
    if (rest.length < line + 2 + size + 2) return undefined;
    chunks.push(rest.subarray(line + 2, line + 2 + size));
    rest = rest.subarray(line + 2 + size + 2);
    if (size === 0) return { body: Buffer.concat(chunks), rest };
  }
}
