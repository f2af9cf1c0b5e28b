import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { createSignedFetch } from '@sigv4/fetch';

import { readConfig } from '../../packages/testing/src/harness/cli-config.ts';

const run = promisify(execFile);
// Each starts a process, and the machine may have others to run.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });
const CLI = join(import.meta.dirname, '../../packages/testing/src/cli.ts');
const ROLE = 'arn:aws:iam::222222222222:role/orders-invoke';

let folder: string;
/** Started without a file. */
let plain: Started;
const started: ChildProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sigv4-cli-'));
  plain = await start();
});
afterAll(async () => {
  for (const child of started) child.kill();
  await rm(folder, { recursive: true });
});

interface Started {
  readonly child: ChildProcess;
  /** All it has printed so far. */
  readonly printed: () => string;
  readonly until: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly env: Record<string, string>;
  readonly api: string;
}

async function start(...args: string[]): Promise<Started> {
  const child = spawn(process.execPath, [CLI, '--port', '0', ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  let printed = '';
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    for (const look of waiting) look();
  });
  const until = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = pattern.exec(printed);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  await until(/\n\n/);
  const lines = [...printed.matchAll(/export (\w+)=(.*)/g)];
  return {
    child,
    printed: () => printed,
    until,
    env: Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value])),
    api: /API +(\S+)/.exec(printed)?.[1] ?? '',
  };
}

async function config(content: unknown): Promise<string> {
  const file = join(folder, `${Math.random()}.json`);
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** What a run that does not start says. */
async function failure(...args: string[]): Promise<{ code: number; stderr: string }> {
  return run(process.execPath, [CLI, ...args], { cwd: folder }).then(
    () => ({ code: 0, stderr: '' }),
    (error: unknown) => error as { code: number; stderr: string },
  );
}

test('without a file there is something to try, and each request is told', async () => {
  const { printed, env, api, until } = plain;
  expect(printed()).toContain(`Roles:\n  ${ROLE}\n`);
  expect(env).toMatchObject({
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL_STS: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    AWS_ACCESS_KEY_ID: expect.stringMatching(/^AKIA/),
  });
  expect((await fetch(`${api}/orders`)).status).toBe(403);
  await until(
    /\nGET orders \/prod\/orders → 403 refused, unsigned: Missing Authentication Token\n/,
  );
});

test('of a refusal it is told why, with the canonical request and what differs', async () => {
  const { env, api, until } = plain;
  const credentials = {
    accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
  };
  const call = createSignedFetch({ credentials, region: 'eu-west-1' });
  expect((await call(`${api}/denied`)).status).toBe(403);
  await until(
    /GET orders \/prod\/denied → 403 refused, .*Why: identity policies: allowed\. resource policy: nothing is allowed\n/,
  );
  const wrong = { ...credentials, secretAccessKey: 'wrong' };
  await createSignedFetch({ credentials: wrong, region: 'eu-west-1' })(`${api}/wrong`);
  await until(
    /\/prod\/wrong → 403 refused, .*Why: no usual mistake explains it.*\n {2}The canonical request \(- was signed, \+ came\):\n {6}GET\n {6}\/prod\/wrong\n/,
  );
});

describe('the environment that it prints is enough', () => {
  test('for an AWS SDK client to assume a role, and to call an API with that', async () => {
    const { env, api } = plain;
    const client = new STSClient({
      region: env['AWS_REGION'] ?? '',
      endpoint: env['AWS_ENDPOINT_URL_STS'] ?? '',
      credentials: {
        accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
      },
    });
    const { Arn } = await client.send(new GetCallerIdentityCommand({}));
    expect(Arn).toBe('arn:aws:iam::111111111111:user/developer');
    const { Credentials } = await client.send(
      new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'sdk' }),
    );
    const response = await createSignedFetch({
      credentials: {
        accessKeyId: Credentials?.AccessKeyId ?? '',
        secretAccessKey: Credentials?.SecretAccessKey ?? '',
        sessionToken: Credentials?.SessionToken ?? '',
      },
      region: 'eu-west-1',
    })(`${api}/orders?a=b`, { method: 'POST', body: 'x' });
    expect(await response.json()).toMatchObject({
      method: 'POST',
      path: '/orders',
      query: { a: 'b' },
      body: 'x',
      caller: { arn: 'arn:aws:sts::222222222222:assumed-role/orders-invoke/sdk' },
    });
    await expect(
      client.send(new AssumeRoleCommand({ RoleArn: `${ROLE}-2`, RoleSessionName: 'sdk' })),
    ).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
    client.destroy();
  });

  test('for curl --aws-sigv4 to do the same', async ({ skip }) => {
    const { stdout: version } = await run('curl', ['--version']);
    const [, major = 0, minor = 0] = /^curl (\d+)\.(\d+)/.exec(version) ?? [];
    skip(Number(major) * 1000 + Number(minor) < 7075, `no --aws-sigv4 in ${version.slice(0, 12)}`);
    const { env, api } = plain;
    const curl = async (service: string, user: string, ...args: string[]): Promise<string> => {
      const signing = ['--aws-sigv4', `aws:amz:eu-west-1:${service}`, '--user', user];
      return (await run('curl', ['-sS', ...signing, ...args])).stdout;
    };
    const key = `${env['AWS_ACCESS_KEY_ID']}:${env['AWS_SECRET_ACCESS_KEY']}`;
    const form = `Action=AssumeRole&Version=2011-06-15&RoleSessionName=curl&RoleArn=${encodeURIComponent(ROLE)}`;
    const xml = await curl('sts', key, '-d', form, `${env['AWS_ENDPOINT_URL_STS']}/`);
    const [id, secret, token] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map(
      (name) => new RegExp(`<${name}>(.*)</${name}>`).exec(xml)?.[1],
    );
    const header = ['-H', `x-amz-security-token: ${token}`];
    const answer = await curl('execute-api', `${id}:${secret}`, ...header, `${api}/orders`);
    expect(JSON.parse(answer)).toMatchObject({
      path: '/orders',
      caller: { arn: 'arn:aws:sts::222222222222:assumed-role/orders-invoke/curl' },
    });
    expect(await curl('execute-api', `${id}:wrong`, ...header, `${api}/orders`)).toContain(
      'The request signature we calculated does not match',
    );
  });
});

test('a file tells accounts, APIs of each kind and their answers', async () => {
  const allow = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
  };
  const account = '333333333333';
  const file = await config({
    region: 'us-east-1',
    accounts: { [account]: { users: { tester: { policies: [allow] } } } },
    apis: {
      rest: {
        account,
        routes: [
          {
            method: 'GET',
            path: '/health',
            authorization: 'NONE',
            response: { status: 418, headers: { 'x-a': 'b' }, body: { tea: true } },
          },
        ],
      },
      http: { kind: 'http', account, routes: [{ routeKey: '$default', authorization: 'NONE' }] },
      url: {
        kind: 'function-url',
        account,
        authorization: 'NONE',
        resourcePolicy: {
          Version: '2012-10-17',
          Statement: { Effect: 'Allow', Principal: '*', Action: 'lambda:*', Resource: '*' },
        },
        response: { body: 'lambda' },
      },
      chat: {
        kind: 'websocket',
        account,
        routes: [{ routeKey: '$connect', authorization: 'NONE' }, { routeKey: '$default' }],
      },
    },
  });
  const { printed, env } = await start(file, '--ca', 'ca.pem');
  const [rest = '', http = '', url = '', chat = ''] = [...printed().matchAll(/API +(\S+)/g)].map(
    ([, found = '']) => found,
  );
  expect(env['AWS_REGION']).toBe('us-east-1');
  const health = await fetch(`${rest}/health`);
  expect([health.status, health.headers.get('x-a'), await health.json()]).toEqual([
    418,
    'b',
    { tea: true },
  ]);
  expect(await (await fetch(`${http}/a`)).json()).toMatchObject({ path: '/a', method: 'GET' });
  expect(await (await fetch(url)).text()).toBe('lambda');
  const socket = new WebSocket(chat.replace('http', 'ws'));
  socket.addEventListener('open', () => socket.send('hello'));
  const [message] = (await once(socket, 'message')) as [MessageEvent];
  expect(message.data).toBe('hello');
  socket.close();
  const tls = /https:\/\/127\.0\.0\.1:(\d+)/.exec(printed())?.[1];
  const hostUrl = /https:\/\/\S+amazonaws\.com\/prod/.exec(printed())?.[0];
  const { stdout } = await run(
    'curl',
    ['-sS', '--cacert', 'ca.pem', '--connect-to', `::127.0.0.1:${tls}`, `${hostUrl}/health`],
    { cwd: folder },
  );
  expect(JSON.parse(stdout)).toEqual({ tea: true });
  expect(await readFile(join(folder, 'ca.pem'), 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----/);
});

test('its clock goes on by itself', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 5000 });
  const { clock } = readConfig(undefined);
  vi.setSystemTime(3_605_000);
  expect(clock?.now()).toBe(3_605_000);
  vi.useRealTimers();
});

test('its keys are the same at each start', async () => {
  const { env } = await start();
  expect(env['AWS_ACCESS_KEY_ID']).toBe(plain.env['AWS_ACCESS_KEY_ID']);
  expect(env['AWS_SECRET_ACCESS_KEY']).toBe(plain.env['AWS_SECRET_ACCESS_KEY']);
});

test('SIGTERM ends it, with open connections too', async () => {
  const { child, api } = await start();
  await fetch(api);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

describe('what is wrong is said, and what to do', () => {
  test('a port in use', async () => {
    const { env } = plain;
    const port = new URL(env['AWS_ENDPOINT_URL_STS'] ?? '').port;
    expect(await failure('--port', port)).toMatchObject({
      code: 1,
      stderr: `Port ${port} of 127.0.0.1, for STS, is in use. End what listens there, or choose another port.\n`,
    });
  });

  const api = { account: '111111111111', routes: [] };
  test.each<[unknown, RegExp]>([
    ['{', /\.json: Expected/],
    ['[]', /\.json: configuration: expected an object/],
    [{ accounts: null }, /accounts: expected an object/],
    [{ apis: [] }, /apis: expected an object/],
    [{ apis: { a: null } }, /API a: expected an object/],
    [{ apis: { a: { ...api, routes: [null] } } }, /API a, route number 1: expected an object/],
    [{ accounts: { '111111111111': null } }, /account 111111111111: expected an object/],
    [
      { accounts: { '111111111111': { user: {} } } },
      /account 111111111111: there is no user; there/,
    ],
    [
      { accounts: { '111111111111': { roles: { r: { policy: [] } } } } },
      /account 111111111111, roles, r: there is no policy; there are trust, policies/,
    ],
    [
      { accounts: { '111111111111': { users: { u: { policies: {} } } } } },
      /user\/u: policies must be a list/,
    ],
    [{ users: {} }, /there is no users; there are region, port, accounts, apis/],
    [{ port: 'x' }, /port must be a number/],
    [{ apis: { a: { ...api, routs: [] } } }, /API a: there is no routs/],
    [{ apis: { a: { account: '1' } } }, /API a: routes is missing/],
    [
      { apis: { a: { ...api, routes: [{ path: '/', auth: 'NONE' }] } } },
      /API a, route \/: there is no auth; .*; did you mean authorization\?/,
    ],
    [{ apis: { a: api } }, /API a: its account 111111111111 is not among/],
  ])('%j', async (content, message) => {
    const { code, stderr } = await failure(await config(content));
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  test('a file that is not there, and another option', async () => {
    expect((await failure('nowhere.json')).stderr).toMatch(/^nowhere\.json: ENOENT/);
    expect((await failure('--prot', '1')).stderr).toMatch(/^Unknown option '--prot'.*\n$/);
    expect(await failure('a.json', 'b.json')).toMatchObject({
      code: 1,
      stderr: 'expected one file, got a.json, b.json\n',
    });
  });

  test('a certificate that cannot be written ends it', async () => {
    expect(await failure('--port', '0', '--ca', join(folder, 'no/ca.pem'))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^ENOENT.*ca\.pem/),
    });
  });

  test('an address that others reach, before they do', async () => {
    const child = spawn(process.execPath, [CLI, '--port', '0', '--host', '0.0.0.0'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    const [warning] = (await once(child.stderr, 'data')) as [Buffer];
    expect(String(warning)).toMatch(/^Warning: at 0\.0\.0\.0, everyone who reaches this machine/);
    const [greeting] = (await once(child.stdout, 'data')) as [Buffer];
    expect(String(greeting)).toMatch(/Page +http:\/\/127\.0\.0\.1:\d+\/_local\//);
  });

  test('--help', async () => {
    const { stdout } = await run(process.execPath, [CLI, '--help']);
    expect(stdout).toContain('npx @sigv4/testing [file.json]');
  });
});
