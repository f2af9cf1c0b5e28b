import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Passes POSTs on to another port of this machine, with one digit of the body changed. */
export async function startMeddlingProxy(
  target: string,
): Promise<{ origin: string; close(): void }> {
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const headers = new Headers(request.headers as Record<string, string>);
      // undici sets these by itself.
      for (const name of ['connection', 'content-length', 'transfer-encoding'])
        headers.delete(name);
      const answer = await fetch(new URL(request.url ?? '/', target), {
        method: 'POST',
        headers,
        body: Buffer.concat(chunks).toString().replace('1', '9'),
      });
      response.writeHead(answer.status, [...answer.headers].flat());
      response.end(await answer.text());
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
