import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createRunningClock, startLocalAws } from '@sigv4/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { allow, OWN, policy } from '../../../test/world.ts';
import { COMMANDS } from '../src/usage.ts';
import { main } from '../src/main.ts';

const OPS = `arn:aws:iam::${OWN}:role/ops`;

let stdout: string;
let stderr: string;

beforeEach(() => {
  stdout = '';
  stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_REGION', 'eu-west-1');
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test('a command in a role sees nothing of the caller that would go before the role', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sigv4-assume-'));
  const trust = policy({ Effect: 'Allow', Principal: { AWS: OWN }, Action: 'sts:AssumeRole' });
  const aws = await startLocalAws({
    region: 'eu-central-1',
    clock: createRunningClock(),
    accounts: {
      [OWN]: { users: { anna: { policies: [allow('*')] } }, roles: { ops: { trust } } },
    },
  });
  const { accessKeyId, secretAccessKey } = aws.credentialsOf(`arn:aws:iam::${OWN}:user/anna`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
  vi.stubEnv('AWS_ENDPOINT_URL_STS', aws.stsUrl);
  const stale = [
    'AWS_DEFAULT_PROFILE',
    'AWS_DEFAULT_REGION',
    'AWS_SECURITY_TOKEN',
    'AWS_ACCOUNT_ID',
    'AWS_CREDENTIAL_SCOPE',
  ];
  for (const name of stale) vi.stubEnv(name, `stale-${name}`);
  const file = join(folder, 'env');
  const options = ['--region', 'eu-central-1'];
  const inRole = await main(['assume', OPS, ...options, '--', 'sh', '-c', `env > ${file}`]);
  expect([inRole, stderr]).toEqual([0, '']);
  const seen = await readFile(file, 'utf8');
  expect(await main(['assume', OPS, ...options, '--export'])).toBe(0);
  await aws.close();
  await rm(folder, { recursive: true });

  expect(seen).not.toContain('stale-');
  expect(seen).toMatch(/^AWS_REGION=eu-central-1$/m);
  expect(seen).toMatch(/^AWS_DEFAULT_REGION=eu-central-1$/m);
  // What the lines for a shell neither set nor unset stays as it was.
  for (const name of stale) {
    expect(stdout).toMatch(new RegExp(`^(?:export ${name}=|unset .*\\b${name}\\b)`, 'm'));
  }
});

test('a misspelt command is an error, and no method', async () => {
  for (const { name } of COMMANDS.filter((command) => command.name !== 'request')) {
    const [first = '', ...rest] = name;
    for (const typo of [name.slice(1), `${name}s`, rest.join('') + first]) {
      // Should it be sent all the same, nobody listens there.
      for (const words of [
        [typo, 'http://127.0.0.1:1/'],
        ['help', typo],
      ]) {
        stderr = '';
        expect(await main(words)).toBe(1);
        expect(stderr).toMatch(/^sigv4: .*is neither a command nor a method|there is no command/);
      }
    }
  }
});

test('-v shows no signature or token of a URL that an answer names', async () => {
  const server = createServer((_request, response) => {
    const location = 'https://s3.example/a?X-Amz-Security-Token=hush1&X-Amz-Signature=hush2';
    response.writeHead(302, { location, 'x-link': `<${location}>; rel=next` }).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  expect(await main(['-v', '-o', '/dev/null', url])).toBe(0);
  server.close();
  expect(stderr).toContain('X-Amz-Signature=[hidden]');
  expect(stderr).not.toContain('hush');
});

test('sign --curl of a HEAD request makes curl wait for no body', async () => {
  expect(await main(['sign', '--curl', 'HEAD', 'http://127.0.0.1:1/'])).toBe(0);
  expect(stdout).toMatch(/^curl -I http/);
});

test('--max-time takes any part of a second', async () => {
  for (const seconds of ['0.0001', '0.0015', '1.2345']) {
    expect(await main(['-m', seconds, 'http://127.0.0.1:1/'])).toBe(1);
    expect(stderr).not.toMatch(/out of range|delay/);
  }
});

test('--output json keeps every one of a header that came several times', async () => {
  const server = createServer((_request, response) => {
    response.setHeader('Set-Cookie', ['a=1', 'b=2']);
    response.end();
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const { port } = server.address() as AddressInfo;
  const status = await main([`http://127.0.0.1:${port}/`, '--service', 's', '--output', 'json']);
  server.close();
  expect([status, stderr]).toEqual([0, '']);
  const { headers } = JSON.parse(stdout) as { headers: Record<string, unknown> };
  expect(headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'], connection: expect.any(String) });
});
