import { createServer, request as send } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export interface Proxy {
  readonly port: number;
  /** What it was asked for: `POST http://…`, or `CONNECT host:port`. */
  readonly forwarded: string[];
  close(): Promise<void>;
}

/** A forward proxy: absolute URLs in the request line, and tunnels by CONNECT. */
export async function startForwardProxy(): Promise<Proxy> {
  const forwarded: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((message, response) => {
    forwarded.push(`${message.method} ${message.url}`);
    const url = new URL(message.url ?? '');
    const onward = send(
      {
        host: url.hostname,
        port: url.port,
        method: message.method,
        path: url.pathname + url.search,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    // In their own case and order.
    for (const [at, name] of message.rawHeaders.entries()) {
      if (at % 2 === 0) onward.setHeader(name, message.rawHeaders[at + 1] ?? '');
    }
    message.pipe(onward);
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (message, socket: Socket) => {
    forwarded.push(`CONNECT ${message.url}`);
    const { hostname, port } = new URL(`http://${message.url}`);
    const onward = connect(Number(port || 80), hostname, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    sockets.add(onward);
    for (const end of [socket, onward]) end.on('error', () => {});
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    forwarded,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
