import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { LocalAws } from '@sigv4/testing';

import { CALLER, ROLE, startWorld } from '../world.ts';

const run = promisify(execFile);
let aws: LocalAws;
beforeAll(async () => {
  aws = await startWorld();
});
afterAll(() => aws.close());

/** @param way see first-call.ts */
async function firstCall(way: string, environment: Record<string, string> = {}): Promise<unknown> {
  const { accessKeyId, secretAccessKey } = aws.credentialsOf(CALLER);
  const main = join(import.meta.dirname, 'first-call.ts');
  const { stdout } = await run(
    process.execPath,
    ['--conditions=@sigv4/source', main, way, ROLE, aws.region],
    {
      env: {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_ENDPOINT_URL_STS: aws.stsUrl,
        ...environment,
      },
    },
  );
  return JSON.parse(stdout);
}

const SESSION = expect.stringMatching(/^ASIA/) as string;

test("a process that has not used fetch does not load Node's for STS", async () => {
  expect(await firstCall('unused')).toEqual({ accessKeyId: SESSION, byMock: 0, hasUndici: false });
});

test('one that has used it uses it', async () => {
  expect(await firstCall('used')).toEqual({ accessKeyId: SESSION, byMock: 0, hasUndici: true });
  // Which only fetch sends.
  expect(aws.requests.at(-1)?.rawHeaders).toContainEqual(['sec-fetch-mode', 'cors']);
});

test.each(['mock', 'disguised mock', 'mock of another realm'])(
  'a %s that was put in its place is used',
  async (way) => {
    expect(await firstCall(way)).toMatchObject({ accessKeyId: 'ASIAMOCK', byMock: 1 });
  },
);

test('over TLS, with the certificates that Node was told to trust', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sigv4-ca-'));
  const NODE_EXTRA_CA_CERTS = join(folder, 'ca.pem');
  writeFileSync(NODE_EXTRA_CA_CERTS, aws.ca);
  const AWS_ENDPOINT_URL_STS = `https://localhost:${aws.tlsPort}`;
  // 421 Misdirected Request, behind the handshake: STS has another name.
  const trusting = { AWS_ENDPOINT_URL_STS, NODE_EXTRA_CA_CERTS };
  await expect(firstCall('unused', trusting)).rejects.toThrow('HTTP421');
  await expect(firstCall('unused', { AWS_ENDPOINT_URL_STS })).rejects.toThrow('NetworkError');
  rmSync(folder, { recursive: true });
});

test('a proxy of the environment is used', async () => {
  let asked = 0;
  const proxy = createServer();
  proxy.on('connect', (_, socket) => {
    asked += 1;
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  proxy.on('request', (_, response) => {
    asked += 1;
    response.writeHead(502).end();
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  await expect(firstCall('unused', { NODE_USE_ENV_PROXY: '1', HTTP_PROXY })).rejects.toThrow(
    'CredentialsError',
  );
  proxy.close();
  expect(asked).toBeGreaterThan(0);
});
