import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the next answers are, and how they go out. */
export interface ChunkedServer {
  readonly origin: string;
  /** How many requests came. */
  readonly asked: () => number;
  /** Answers the requests that come from now on. */
  answer(respond: (response: ServerResponse, count: number) => unknown): void;
  close(): Promise<void>;
}

/** A server that gives its answers piece by piece, whatever was asked. */
export async function startChunkedServer(): Promise<ChunkedServer> {
  let asked = 0;
  let answering: (response: ServerResponse, count: number) => unknown = (response) =>
    response.end();
  const server = createServer((request, response) => {
    request.resume();
    asked += 1;
    answering(response, asked);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    answer(respond) {
      asked = 0;
      answering = respond;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends a body in pieces of these lengths, in turn, each in a packet of its own. */
export async function sendInPieces(
  response: ServerResponse,
  body: Uint8Array,
  lengths: readonly number[],
): Promise<void> {
  for (let at = 0, turn = 0; at < body.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1;
    response.write(body.subarray(at, at + length));
    at += length;
    // oxlint-disable-next-line no-loop-func -- each waits for its own
    if (turn % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
}
