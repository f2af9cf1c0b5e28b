import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { Kit } from './kit.ts';
import { HAS_SCRIPT } from './terminal.ts';
import { GUARDED, OPS } from './world.ts';

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

export function testRequests(kit: () => Kit): void {
  const own = (path = '/a'): string => `${kit().url('own')}${path}`;

  test('gives the body as it came, and indents JSON at a terminal', async () => {
    expect(await kit().golden('request-get', [own('/a b?x=1&x=€')])).toMatchObject({ status: 0 });
    const long = '{"n":12345678901234567890}';
    expect(
      await kit().golden('request-verbose', ['-v', '-i', 'POST', own(), '--json', long]),
    ).toMatchObject({ status: 0 });
    expect(
      await kit().golden('request-output-json', ['--output', 'json', '--query', own()]),
    ).toMatchObject({ status: 0 });
    expect(await kit().golden('request-head', ['-I', own()])).toMatchObject({ status: 0 });
  });

  test.skipIf(!HAS_SCRIPT)('bytes go into a file or a pipe, and upset no terminal', async () => {
    expect((await kit().run([own('/bytes')])).stdout).toContain('\0');
    expect(await kit().atTerminal([own('/bytes')])).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^sigv4: the answer is binary, .*with -o/),
    });
  });

  // packages/cli/test/curl.test.ts compares the other ways with curl, without a process for each.
  test.each<[args: string[], seen: object, stdin?: string]>([
    [['-d', 'a=1', '-d', 'b=ü'], { method: 'POST', body: 'a=1&b=ü', type: FORM_TYPE }],
    [['-d', '@-'], { body: 'from stdin' }, 'from stdin\n'],
    [
      ['--data-binary', '@-', '-H', 'content-type: text/plain'],
      { body: 'x\n', type: 'text/plain' },
      'x\n',
    ],
    [['--json', '{"a":', '--json', '1}'], { body: '{"a":1}', type: JSON_TYPE }],
    [
      ['-G', '-d', 'a=1', '-d', 'b=%20'],
      {
        method: 'GET',
        query: [
          ['a', '1'],
          ['b', ' '],
        ],
      },
    ],
    [['-T', 'lines.txt'], { method: 'PUT', body: 'a=1\n&b=2\n', path: '/a', type: null }],
    [['-T', '-'], { method: 'PUT', body: 'x' }, 'x'],
    [['-H', 'x-amz-meta-a: 1', '-H', 'Accept;'], { method: 'GET' }],
    [['--sigv4a', '--region', '*'], { method: 'GET' }],
    [['--query'], { method: 'GET' }],
    [['--role-arn', OPS, '--role-arn', GUARDED], {}],
  ])('sends %j', async (args, seen, stdin) => {
    await writeFile(join(kit().home, 'lines.txt'), 'a=1\n&b=2\n');
    const api = args.includes('--role-arn') ? 'other' : 'own';
    const ran = await kit().run(
      ['-f', ...args, `${kit().url(api)}/a`],
      stdin === undefined ? {} : { stdin },
    );
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toMatchObject(seen);
    expect(kit().aws.requests.at(-1)?.verdict).toBe('allowed');
  });

  test('-F sends a form whose parts have names, types and file names', async () => {
    await writeFile(join(kit().home, 'note.txt'), 'hello');
    const { stdout } = await kit().run([
      '-F',
      'a=1',
      '-F',
      'f=@note.txt;type=text/plain',
      '-F',
      't=<note.txt',
      own(),
    ]);
    const { body, type } = JSON.parse(stdout) as { body: string; type: string };
    expect(type).toMatch(/^multipart\/form-data; ?boundary=/);
    expect(body).toContain('name="a"\r\n\r\n1\r\n');
    const all = Buffer.from(kit().aws.requests.at(-1)?.body ?? []).toString();
    expect(all).toContain(
      'name="f"; filename="note.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n',
    );
    expect(all).toContain('name="t"\r\n\r\nhello\r\n');
  });

  test('the exit status is 22 for HTTP errors with --fail, else 0', async () => {
    const path = own('/status/404');
    expect(await kit().run([path])).toMatchObject({ status: 0, stdout: '{"said":"404"}' });
    expect(await kit().run(['-f', path])).toMatchObject({ status: 22, stdout: '' });
    expect(await kit().run(['--fail-with-body', path])).toMatchObject({
      status: 22,
      stdout: '{"said":"404"}',
    });
    expect(await kit().run(['-f', own('/status/500')])).toMatchObject({ status: 22 });
    expect(await kit().run(['-f', own()])).toMatchObject({ status: 0 });
    expect(await kit().run(['-f', own()], { as: 'intern' })).toMatchObject({
      status: 22,
      stdout: '',
    });
    expect(await kit().run([own()], { as: 'intern' })).toMatchObject({ status: 0 });
  });

  test('-o, -O and -L', async () => {
    await kit().run(['-o', 'x.json', own('/status/200')]);
    await kit().run(['-O', own('/status/200')]);
    for (const name of ['x.json', '200']) {
      expect(await readFile(join(kit().home, name), 'utf8')).toBe('{"said":"200"}');
    }
    expect(await kit().run(['-i', own('/moved')])).toMatchObject({
      stdout: expect.stringMatching(/^HTTP\/1\.1 302 /),
    });
    expect(JSON.parse((await kit().run(['-L', own('/moved')])).stdout)).toMatchObject({
      path: '/a',
    });
  });

  test("AWS's host names, by TLS", async () => {
    const to = `${kit().hostUrl('own')}/a`;
    const ran = await kit().run(['-f', ...kit().toLocal, to], { env: { AWS_REGION: '' } });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(await kit().run(['-f', ...kit().toLocal.slice(2), to])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /authority of its certificate is not known; name it with --cacert/,
      ),
    });
    expect(await kit().run(['-f', '-k', ...kit().toLocal.slice(2), to])).toMatchObject({
      status: 0,
    });
  });

  test('a skewed clock is corrected, and -v says so', async () => {
    kit().aws.faults.when(({ service }) => (service === 'sts' ? undefined : { skew: '20m' }));
    const { status, stderr } = await kit().run(['-f', '-v', own()]);
    kit().aws.faults.clear();
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /\* This clock is 1(?:199|200) s off AWS's; signed again, and sent once more/,
    );
  });

  test('--max-time ends a call', async () => {
    kit().aws.faults.next(1, { latency: Infinity });
    expect(await kit().run(['-m', '0.2', own()])).toMatchObject({
      status: 1,
      stderr:
        'sigv4: no answer within 0.2 s (--max-time). Check the network, or allow more time.\n',
    });
  });

  test('a connection that breaks is an error of ours', async () => {
    kit().aws.faults.next(1, { drop: 'during' });
    const broken = await kit().run(['-o', 'broken.txt', own('/large')]);
    kit().aws.faults.next(1, { drop: 'before' });
    const none = await kit().run([own()]);
    for (const { status, stderr } of [broken, none]) {
      expect(status).toBe(1);
      expect(stderr).toMatch(/^sigv4: .*the connection broke; try again\n$/);
    }
  });

  test.skipIf(!HAS_SCRIPT)(
    'a large answer shows its progress at a terminal, a small one none',
    async () => {
      const { stdout } = await kit().atTerminal(['-o', 'large.txt', own('/large')]);
      expect(stdout).toContain('\r\u001B[Kreceived ');
      expect(stdout).toMatch(/\[Kreceived 100 %, 3\.0 of 3\.0 MB, [\d.]+ MB\/s\n$/);
      expect((await kit().atTerminal(['-o', 'a.txt', own()])).stdout).toBe('');
      expect((await kit().atTerminal(['-s', '-o', 'large.txt', own('/large')])).stdout).toBe('');
      expect((await kit().run(['-o', 'large.txt', own('/large')])).stderr).toBe('');
    },
  );

  test('a large file goes out whole, and shows its progress at a terminal', async () => {
    await writeFile(join(kit().home, 'large.bin'), Buffer.alloc(3_000_000, 'x'));
    const { stdout } = await kit().run(['-f', '--data-binary', '@large.bin', own()]);
    expect(JSON.parse(stdout)).toMatchObject({ bytes: 3_000_000 });
    if (!HAS_SCRIPT) return;
    const shown = await kit().atTerminal([
      '-f',
      '-o',
      'a.txt',
      '--data-binary',
      '@large.bin',
      own(),
    ]);
    expect(shown.stdout).toMatch(/\[Ksent 100 %, 3\.0 of 3\.0 MB/);
  });

  test('--compressed asks for a compressed answer, and decodes it', async () => {
    const { gzipSync } = await import('node:zlib');
    const server = createServer((request, response) => {
      const isAsked = request.headers['accept-encoding'] === 'gzip, deflate, br';
      response
        .writeHead(isAsked ? 200 : 418, { 'content-encoding': 'gzip' })
        .end(gzipSync('plain'));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect(await kit().run(['-f', '--compressed', to])).toMatchObject({
      status: 0,
      stdout: 'plain',
    });
    expect(await kit().run(['-f', to])).toMatchObject({ status: 22 });
    server.close();
  });
}
