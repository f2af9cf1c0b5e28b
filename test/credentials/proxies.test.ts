// Whom STS's requests reach where the environment names a proxy, on a process of its own.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

const run = promisify(execFile);
const WAYS = ['by itself', 'passed', 'replaced'];

let sts: Server;
let proxy: Server;
let port: number;
let proxyUrl: string;
/** Request targets, as the proxy sees them. */
let proxied: string[];

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  sts = createServer((_request, response) => response.writeHead(400).end());
  proxy = createServer((request, response) => {
    proxied.push(`${request.method} ${request.url}`);
    response.writeHead(404).end();
  });
  proxy.on('connect', (request, socket) => {
    proxied.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  port = await listening(sts);
  proxyUrl = `http://127.0.0.1:${await listening(proxy)}`;
});
afterAll(() => {
  sts.close();
  proxy.close();
});
beforeEach(() => {
  proxied = [];
});

/** @returns for each endpoint and way, what came of all three calls of STS */
async function called(
  endpoints: readonly string[],
  environment: Readonly<Record<string, string>>,
  { ways = WAYS, allowInsecureHttp = false, flags = [] as string[] } = {},
): Promise<string[]> {
  const cases = endpoints.flatMap((endpoint) =>
    ways.map((way) => ({ endpoint, way, allowInsecureHttp })),
  );
  const { stdout } = await run(
    process.execPath,
    [
      '--conditions=@sigv4/source',
      ...flags,
      join(import.meta.dirname, 'proxied-calls.ts'),
      JSON.stringify(cases),
    ],
    { env: environment },
  );
  return stdout.trim().split('\n');
}

const loopback = (): string[] =>
  ['127.0.0.1', '127.9.9.9', 'localhost', 'sts.localhost', '[::1]'].map(
    (host) => `http://${host}:${port}/`,
  );

test.each<[string, Record<string, string>, string[]]>([
  ['NODE_USE_ENV_PROXY and HTTP_PROXY', { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: '' }, []],
  ['--use-env-proxy and http_proxy', { http_proxy: '' }, ['--use-env-proxy']],
])('%s: http: to this machine leaves it in no way', async (_name, variables, flags) => {
  const environment = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, value || proxyUrl]),
  );
  const outcomes = await called(loopback(), environment, { flags });
  const byFetch = outcomes.filter((outcome) => !outcome.includes('by itself'));
  expect(byFetch).toHaveLength(10);
  expect(byFetch.filter((outcome) => !outcome.endsWith(' ERR_SIGV4_INSECURE'))).toEqual([]);
  expect(outcomes).toContain(`http://127.0.0.1:${port}/ by itself HTTP400`);
  expect(proxied).toEqual([]);
});

test('http: by fetch to a host that NO_PROXY names goes there directly', async () => {
  const environment = {
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: proxyUrl,
    NO_PROXY: 'x.example, 127.0.0.1',
  };
  const endpoint = `http://127.0.0.1:${port}/`;
  expect(await called([endpoint], environment)).toEqual(
    WAYS.map((way) => `${endpoint} ${way} HTTP400`),
  );
  expect(proxied).toEqual([]);
});

test('http: through a proxy, once that is allowed', async () => {
  const environment = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxyUrl };
  const endpoint = 'http://sts.example/';
  const allowed = { allowInsecureHttp: true };
  const [byItself] = await called([endpoint], environment, allowed);
  expect(byItself).toBe(`${endpoint} by itself HTTP404`);
  // Node's fetch asks for a tunnel.
  expect(new Set(proxied)).toEqual(new Set(['POST http://sts.example/', 'CONNECT sts.example:80']));
});

test.each(WAYS)(
  'https: goes through the proxy of the environment in a tunnel (%s)',
  async (way) => {
    const environment = { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: proxyUrl };
    const outcomes = await called(['https://sts.example/'], environment, { ways: [way] });
    expect(outcomes).toEqual([`https://sts.example/ ${way} NetworkError`]);
    expect(new Set(proxied)).toEqual(new Set(['CONNECT sts.example:443']));
  },
);

test('a proxy that Node is not told to use is not used', async () => {
  const environment = { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl };
  const endpoint = `http://127.0.0.1:${port}/`;
  expect(await called([endpoint], environment, { ways: ['by itself'] })).toEqual([
    `${endpoint} by itself HTTP400`,
  ]);
  expect(proxied).toEqual([]);
});
