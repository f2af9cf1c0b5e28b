import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

/** What only fetch sends. */
const FETCH = ['sec-fetch-mode', 'cors'];
const SESSION = expect.stringMatching(/^ASIA/) as string;

test("a process that has not used fetch does not load Node's for STS", async () => {
  expect(await firstCall('unused')).toEqual({ accessKeyId: SESSION, byMock: 0, hasUndici: false });
});

test('whether the process has used fetch makes no difference', async () => {
  expect(await firstCall('used')).toEqual({ accessKeyId: SESSION, byMock: 0, hasUndici: true });
  expect(aws.requests.at(-1)?.rawHeaders).not.toContainEqual(FETCH);
});

test('a fetch that is passed is used', async () => {
  expect(await firstCall('passed')).toEqual({ accessKeyId: SESSION, byMock: 0, hasUndici: true });
  expect(aws.requests.at(-1)?.rawHeaders).toContainEqual(FETCH);
});

test('a mock that replaced the global fetch is used', async () => {
  expect(await firstCall('mock')).toMatchObject({ accessKeyId: 'ASIAMOCK', byMock: 1 });
});

test('one that was there before the package was loaded has to be passed', async () => {
  expect(await firstCall('early mock')).toMatchObject({ accessKeyId: SESSION, byMock: 0 });
  expect(await firstCall('early mock, passed')).toMatchObject({
    accessKeyId: 'ASIAMOCK',
    byMock: 1,
  });
});

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
