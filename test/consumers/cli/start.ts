import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { Kit } from './kit.ts';
import { piped } from './terminal.ts';
import { OPS } from './world.ts';

const NODE_20 = join(import.meta.dirname, '../../runtimes/node_modules/node20-linux-x64/bin/node');

const COMMANDS = [
  'request',
  'explain',
  'doctor',
  'presign',
  'presign-post',
  'sign',
  'whoami',
  'assume',
];

const TELLS_CPU = `process.once('exit', () => {
  const { user, system } = process.cpuUsage();
  process.stderr.write('cpu=' + (user + system));
});`;

const TELLS_LOADED = `import { registerHooks } from 'node:module';
registerHooks({ load: (url, context, next) => {
  process.stderr.write('loaded ' + url + '\\n');
  return next(url, context);
} });`;

export function testStart(kit: () => Kit): void {
  test('--help lists the commands, and comes also without a word', async () => {
    expect(await kit().golden('help', ['--help'])).toMatchObject({ status: 0 });
    expect((await kit().run([])).stdout).toBe((await kit().run(['--help'])).stdout);
    expect((await kit().run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test.each(COMMANDS)('%s --help has examples', async (command) => {
    expect(await kit().golden(`help-${command}`, [command, '--help'])).toMatchObject({ status: 0 });
    const { stdout, status } = await kit().run([command, '-h']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/\nExamples:\n {2}# .*\n {2}\S/);
  });

  // Process CPU, since others use the machine too; in turn, so that they disturb all alike.
  test('--help takes less than 120 ms over bare Node', async () => {
    const programs = {
      bare: ['--eval', '0'],
      help: [kit().cli, '--help'],
      request: [kit().cli, 'request', '--help'],
    };
    const least: Record<string, number> = {};
    for (let round = 0; round < 5; round += 1) {
      for (const [name, args] of Object.entries(programs)) {
        const command = [process.execPath, '--import', moduleOf(TELLS_CPU), ...args];
        const { stderr } = await piped(command, {
          env: kit().environment({ env: { NODE_COMPILE_CACHE: undefined } }),
        });
        const ms = Number(/cpu=(\d+)/.exec(stderr)?.[1]) / 1000;
        least[name] = Math.min(least[name] ?? Infinity, ms);
      }
    }
    const { bare = Number.NaN, help = Number.NaN, request = Number.NaN } = least;
    expect(help - bare).toBeLessThan(120);
    expect(request - bare).toBeLessThan(120);
  });

  test.skipIf(!existsSync(NODE_20))('runs on Node 20.19 too', async () => {
    const env = kit().environment();
    const call = [NODE_20, kit().cli, '-f', '-F', 'a=1', `${kit().url('own')}/a`];
    expect(await piped(call, { env })).toMatchObject({ status: 0, stderr: '' });
    const who = await piped([NODE_20, kit().cli, 'whoami', '--role-arn', OPS], { env });
    expect(who).toMatchObject({ status: 0, stdout: expect.stringContaining(':assumed-role/ops/') });
    const denied = { env: kit().environment({ as: 'intern' }) };
    const refused = await piped([NODE_20, kit().cli, `${kit().url('own')}/a`], denied);
    expect(refused.stderr).toContain('Either of these would allow it:');
  });

  test('with keys in the environment, nothing of the AWS SDK is loaded', async () => {
    const command = [process.execPath, '--import', moduleOf(TELLS_LOADED), kit().cli];
    const args = [`${kit().url('own')}/a`, '--role-arn', 'arn:aws:iam::222222222222:role/ops'];
    const { stderr } = await piped([...command, ...args], { env: kit().environment() });
    const loaded = [...stderr.matchAll(/^loaded (.*)$/gm)].map(([, url = '']) => url);
    expect(loaded.length).toBeGreaterThan(10);
    expect(
      loaded.filter((url) => !/\/node_modules\/@sigv4\/|\/commander\/|^node:/.test(url)),
    ).toEqual([]);
  });

  test.each<[name: string, args: string[], line: RegExp]>([
    [
      'an option that there is not',
      ['whoami', '--regoin', 'x'],
      /unknown option '--regoin'.*--region/,
    ],
    ['no URL', ['request'], /there is no URL\. sigv4 --help/],
    ['no URL, but a word', ['whoamy'], /"whoamy" is no URL\. Give one/],
    ['too many words', ['GET', 'http://127.0.0.1/', 'x'], /expected \[METHOD\] URL/],
    ['a file for --output', ['--output', 'x.json', 'http://127.0.0.1/'], /use -o\.$/],
    [
      'a file that is not there',
      ['-d', '@none', 'http://127.0.0.1/'],
      /-d none: there is no such file\. Check/,
    ],
    ['a header that is none', ['-H', 'x', 'http://127.0.0.1/'], /-H: expected a header such as/],
    [
      'two bodies',
      ['-d', 'a', '-F', 'b=c', 'http://127.0.0.1/'],
      /-d and -F exclude each other\. Choose/,
    ],
    ['nobody who listens', ['http://127.0.0.1:1/'], /ECONNREFUSED.*: nothing listens there; check/],
    [
      'a region that is none',
      ['--region', 'a b', 'http://127.0.0.1/'],
      /--region: expected a name/,
    ],
    ['http: to another machine', ['http://192.0.2.1/'], /use https: or wss:$/],
    [
      'a host of AWS that is not known',
      ['https://a.b.amazonaws.com/'],
      /with --service and --region/,
    ],
    [
      '-k for another machine',
      ['-k', 'https://192.0.2.1/'],
      /-k: the certificate of 192\.0\.2\.1 .*--cacert/,
    ],
    [
      'an authority that is not there',
      ['--cacert', 'none', 'http://127.0.0.1/'],
      /--cacert none: it cannot be read/,
    ],
    [
      'a wrong time',
      ['presign', '--expires', 'soon', 'http://127.0.0.1/'],
      /expected a time such as 90s/,
    ],
    [
      'too long a time',
      ['presign', '--expires', '8d', 'http://127.0.0.1/'],
      /--expires: .* from 1s to 7d/,
    ],
    [
      'a wrong duration',
      ['assume', 'arn:aws:iam::222222222222:role/ops', '--duration', '5s'],
      /--duration: .* 15m to 12h/,
    ],
    ['a role that is none', ['assume', 'ops'], /expected an ARN such as/],
    ['no name for -O', ['-O', 'http://127.0.0.1/'], /the URL names no file\. Name one with -o/],
    ['two outputs', ['sign', '--curl', '--canonical', 'x.y'], /--curl and --canonical exclude/],
    [
      'an external id for no role',
      ['--external-id', 'abc', 'http://127.0.0.1/'],
      /with --role-arn\.$/,
    ],
    [
      'another Authorization',
      ['-H', 'Authorization: x', 'http://127.0.0.1/'],
      /the signature takes/,
    ],
    [
      'no key of a form',
      ['presign-post', 'https://b.s3.eu-west-1.amazonaws.com/'],
      /--key is missing\. Name/,
    ],
  ])('%s is told in one line with the remedy', async (_name, args, line) => {
    const { status, stdout, stderr } = await kit().run(args);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^sigv4: [^\n]+\n$/);
    expect(stderr.trim()).toMatch(line);
  });

  test('--debug shows the stack too', async () => {
    const { stderr } = await kit().run(['--debug', 'http://127.0.0.1:1/']);
    expect(stderr).toMatch(/^sigv4: connect ECONNREFUSED.*\n.*\n {4}at /);
  });
}

function moduleOf(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
