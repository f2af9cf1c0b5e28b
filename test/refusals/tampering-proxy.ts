import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { RawRequest } from '@sigv4/testing';

export interface TamperingProxy {
  readonly origin: string;
  close(): Promise<void>;
}

/**
 * A server that stands before another and hands on what it gets, Host included, changed by
 * `tamper`. The answer comes back as it is, changed by `tamperAnswer`.
 */
export async function startTamperingProxy(
  origin: string,
  tamper: (request: RawRequest) => Partial<RawRequest>,
  tamperAnswer: (body: string) => string = (body) => body,
): Promise<TamperingProxy> {
  const server = createServer(async (incoming, outgoing) => {
    const came = {
      method: incoming.method ?? '',
      target: incoming.url ?? '',
      rawHeaders: pairs(incoming.rawHeaders),
      body: Buffer.concat(await incoming.toArray()),
    };
    const { method, target, rawHeaders, body } = { ...came, ...tamper(came) };
    const length = [['content-length', String(body.length)]];
    const kept = rawHeaders.filter(([name]) => !/^(?:content-length|connection)$/i.test(name));
    const onward = httpRequest(
      origin,
      { method, path: target, headers: [...kept, ...length].flat(), setHost: false },
      async (answer) => {
        const text = tamperAnswer(Buffer.concat(await answer.toArray()).toString());
        const headers = pairs(answer.rawHeaders).filter(
          ([name]) => !/^(?:content-length|connection|keep-alive|transfer-encoding)$/i.test(name),
        );
        outgoing.writeHead(answer.statusCode ?? 500, headers.flat());
        outgoing.end(text);
      },
    );
    onward.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, at) =>
    at % 2 === 0 ? [[name, flat[at + 1] ?? ''] as [string, string]] : [],
  );
}

/** A tamper that changes, with `undefined` removes, the value of a header. */
export function rewriteHeader(
  name: string,
  rewrite: (value: string) => string | undefined,
): (request: RawRequest) => Partial<RawRequest> {
  return ({ rawHeaders }) => ({
    rawHeaders: rawHeaders.flatMap(([key, value]) => {
      const after = key.toLowerCase() === name ? rewrite(value) : value;
      return after === undefined ? [] : [[key, after] as const];
    }),
  });
}

/** A tamper that changes the path and query as sent. */
export function rewriteTarget(
  rewrite: (target: string) => string,
): (request: RawRequest) => Partial<RawRequest> {
  return ({ target }) => ({ target: rewrite(target) });
}
