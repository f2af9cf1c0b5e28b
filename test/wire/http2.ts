import type { Http2Server, ServerHttp2Stream } from 'node:http2';

import type { RawRequest } from '@sigv4/testing';

/**
 * Has a server answer everything with `ok`.
 *
 * @returns what comes, as HTTP/1.1 would have it: `:authority` is the Host
 */
export function collectHttp2(server: Http2Server): RawRequest[] {
  const came: RawRequest[] = [];
  server.on('stream', (stream: ServerHttp2Stream, _headers, _flags, rawHeaders: string[]) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      came.push(rawRequest(rawHeaders, Buffer.concat(chunks)));
      stream.respond({ ':status': 200 });
      stream.end('ok');
    });
  });
  return came;
}

function rawRequest(flat: readonly string[], body: Buffer): RawRequest {
  const pairs = flat.flatMap((name, at) => (at % 2 ? [] : [[name, flat[at + 1] ?? ''] as const]));
  const pseudo = new Map(pairs);
  const authority = pseudo.get(':authority');
  return {
    method: pseudo.get(':method') ?? '',
    target: pseudo.get(':path') ?? '',
    rawHeaders: [
      ...(authority === undefined ? [] : [['host', authority] as const]),
      ...pairs.filter(([name]) => !name.startsWith(':')),
    ],
    body: new Uint8Array(body),
  };
}
