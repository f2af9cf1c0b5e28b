import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { isProxied, mayBeProxied } from '../src/target/env-proxy.ts';

const PROXY = 'http://proxy.example:3128';
const LOOPBACK = new URL('http://127.0.0.1:8080/x');

describe('whether Node heeds the environment', () => {
  test.each<[boolean, Record<string, string>, string[]]>([
    [false, {}, []],
    [true, { NODE_USE_ENV_PROXY: '1' }, []],
    [false, { NODE_USE_ENV_PROXY: '0' }, []],
    [false, { NODE_USE_ENV_PROXY: 'true' }, []],
    [true, {}, ['--use-env-proxy']],
    [true, { NODE_OPTIONS: '--enable-source-maps  --use-env-proxy' }, []],
    [false, { NODE_OPTIONS: '--use-env-proxy-not' }, []],
    [false, { NODE_USE_ENV_PROXY: '1' }, ['--no-use-env-proxy']],
    [false, { NODE_OPTIONS: '--use-env-proxy' }, ['--no-use-env-proxy']],
    [true, { NODE_OPTIONS: '--no-use-env-proxy' }, ['--use-env-proxy']],
  ])('%j with %j and %j', (expected, env, execArgv) => {
    expect(mayBeProxied(LOOPBACK, { HTTP_PROXY: PROXY, ...env }, execArgv)).toBe(expected);
    // Without a proxy there is none to be used.
    expect(mayBeProxied(LOOPBACK, env, execArgv)).toBe(false);
  });
});

/** Names of a proxy, or none, and whether http: and https: go through it. */
const PROXIES: readonly (readonly [env: Record<string, string>, http: boolean, https: boolean])[] =
  [
    [{}, false, false],
    [{ HTTP_PROXY: PROXY }, true, true],
    [{ http_proxy: PROXY }, true, true],
    [{ HTTPS_PROXY: PROXY }, false, true],
    [{ ALL_PROXY: PROXY }, false, false],
    [{ HTTP_PROXY: '' }, false, false],
    [{ http_proxy: '', HTTP_PROXY: PROXY }, false, false],
  ];

test.each(PROXIES)('%j: http: through a proxy %j, https: %j', (env, http, https) => {
  expect(isProxied(new URL('http://localhost/'), env)).toBe(http);
  expect(isProxied(new URL('https://localhost/'), env)).toBe(https);
});

/** A host, what NO_PROXY holds, and whether the proxy is used. */
const EXCEPTIONS: readonly (readonly [host: string, noProxy: string, isUsed: boolean])[] = [
  ['127.0.0.1', '', true],
  ['127.0.0.1', '127.0.0.1', false],
  ['127.0.0.1', 'x.example, 127.0.0.1', false],
  ['127.0.0.1', 'x.example 127.0.0.1', false],
  ['127.0.0.1', '127.0.0.1:1', true],
  ['127.0.0.1', '{port}', false],
  ['127.0.0.1', '*', false],
  ['127.0.0.1', '*,x.example', true],
  ['127.0.0.1', '127.*', true],
  ['127.0.0.1', '127.0.0.0/8', true],
  ['127.0.0.1', 'localhost', true],
  ['localhost', 'LOCALHOST', false],
  ['localhost', '.localhost', false],
  ['localhost', '*.localhost', false],
  ['localhost', '*localhost', true],
  ['localhost', 'host', true],
  ['api.localhost', 'localhost', false],
  ['api.localhost', '.api.localhost', false],
];

test.each(EXCEPTIONS)('%s with NO_PROXY=%j goes through the proxy: %j', (host, noProxy, isUsed) => {
  const url = new URL(`http://${host}:8080/`);
  const env = { HTTP_PROXY: PROXY, no_proxy: noProxy.replace('{port}', '127.0.0.1:8080') };
  expect(isProxied(url, env)).toBe(isUsed);
});

/** Asks Node's fetch for each host, and prints whether its calls came to the proxy. */
const SCRIPT = `
  import { createServer } from 'node:net';
  let used = false;
  const proxy = createServer((socket) => {
    used = true;
    socket.on('error', () => {});
    socket.on('data', () => socket.end('HTTP/1.1 502 No\\r\\ncontent-length: 0\\r\\n\\r\\n'));
  }).listen(Number(process.env.PROXY_PORT), '127.0.0.1', async () => {
    const found = [];
    for (const [host, noProxy] of JSON.parse(process.argv[1])) {
      used = false;
      process.env.NO_PROXY = noProxy.replace('{port}', '127.0.0.1:' + process.env.FREE_PORT);
      await fetch('http://' + host + ':' + process.env.FREE_PORT).catch(() => {});
      found.push(used);
    }
    console.log(JSON.stringify(found));
    process.exit();
  });`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

// The rule is Node's, so ask Node; before version 24 it has none.
const heeds = process.allowedNodeEnvironmentFlags.has('--use-env-proxy');
test.runIf(heeds)("Node's own fetch goes by the same rule", async () => {
  // Not every machine resolves names below localhost.
  const asked = EXCEPTIONS.filter(([host]) => !host.startsWith('api.'));
  const [proxyPort, unusedPort] = [await freePort(), await freePort()];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', SCRIPT, JSON.stringify(asked)],
    {
      env: {
        NODE_USE_ENV_PROXY: '1',
        HTTP_PROXY: `http://127.0.0.1:${proxyPort}`,
        PROXY_PORT: String(proxyPort),
        FREE_PORT: String(unusedPort),
      },
    },
  );
  expect(JSON.parse(stdout)).toEqual(asked.map(([, , isUsed]) => isUsed));
});
