// A keep-alive server, in a process of its own so that its work is not counted as the client's.
// Paths under /verified answer 403 to whatever API Gateway would refuse.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { verifySignature } from '@sigv4/testing';

import { CREDENTIALS, TARGET } from './signing.ts';

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  if (!request.url?.startsWith('/verified')) {
    request.resume();
    request.on('end', () => response.end('{}'));
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method = '', url = '', rawHeaders } = request;
    const verdict = verifySignature(
      {
        method,
        target: url,
        rawHeaders: rawHeaders.flatMap((name, at) =>
          at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : [],
        ),
        body: Buffer.concat(chunks),
      },
      { keys: () => CREDENTIALS, ...TARGET },
    );
    response.writeHead(verdict.ok ? 200 : 403).end(verdict.ok ? '{}' : verdict.message);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
