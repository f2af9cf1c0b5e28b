import { verifyPostPolicy } from '@sigv4/testing';
import { expect, test } from 'vitest';

import type { Kit } from './kit.ts';
import { piped } from './terminal.ts';

const SECRET = { isSecret: true } as const;
const BUCKET = 'https://my-bucket.s3.eu-west-1.amazonaws.com/';

export function testSigning(kit: () => Kit): void {
  const own = (path = '/a'): string => `${kit().url('own')}${path}`;

  test('sign prints headers that are taken, and says that they are secret', async () => {
    const { stdout, stderr } = await kit().run(['sign', own()], SECRET);
    const headers = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(': ', 2) as [string, string]);
    expect(
      (await fetch(own(), { headers: headers.filter(([name]) => name !== 'host') })).status,
    ).toBe(200);
    expect(stderr).toContain('whoever has it can send the request');
    const { stdout: signedUrl } = await kit().run(
      ['sign', '--query', '--expires', '1m', own()],
      SECRET,
    );
    expect((await fetch(signedUrl.trim())).status).toBe(200);
    expect(signedUrl).toContain('X-Amz-Expires=60&');
    const { stdout: json } = await kit().run(['sign', '--output', 'json', own()], SECRET);
    const { request } = JSON.parse(json) as {
      request: { url: string; headers: Record<string, string> };
    };
    expect((await fetch(request.url, { headers: request.headers })).status).toBe(200);
  });

  test.each([
    [['--json', `{"it's":"ü $HOME"}`]],
    [['-d', 'a=1']],
    [['-X', 'DELETE', '-H', 'x-amz-meta-a: b c']],
    [['-H', 'content-type;', '-X', 'PUT', '-d', 'x']],
  ])('sign --curl %j prints a line that curl can run', async (args) => {
    const { stdout } = await kit().run(['sign', '--curl', ...args, own('/a b')], SECRET);
    const ran = await piped(['sh', '-c', `${stdout.trim()} -s --fail-with-body`], {
      env: kit().environment(),
    });
    expect(ran).toMatchObject({ status: 0, stdout: expect.stringContaining('"path":"/a%20b"') });
  });

  test('sign --canonical prints what was signed, without the session token', async () => {
    expect(
      await kit().golden('sign-canonical', [
        'sign',
        '--canonical',
        '--json',
        '{}',
        own('/a b?b=2&a=1'),
      ]),
    ).toMatchObject({ status: 0 });
    expect(
      await kit().golden('sign-canonical-json', [
        'sign',
        '--canonical',
        '--output',
        'json',
        '--query',
        own(),
      ]),
    ).toMatchObject({ status: 0 });
  });

  test('presign makes a URL that works, and says until when', async () => {
    const { stdout, stderr } = await kit().run(
      ['presign', '--expires', '15m', own('/a?x=1')],
      SECRET,
    );
    expect((await fetch(stdout.trim())).status).toBe(200);
    expect(stdout).toContain('X-Amz-Expires=900&');
    expect(stderr).toMatch(
      /^Whoever has this URL can make this GET request until \S+Z, in 15 min\.\n$/,
    );
    const put = await kit().run(
      ['presign', '--method', 'PUT', '-H', 'content-type: text/plain', own()],
      SECRET,
    );
    expect(put.stderr).toContain('These headers have to be sent with it: content-type: text/plain');
    const headers = { 'content-type': 'text/plain' };
    expect((await fetch(put.stdout.trim(), { method: 'PUT', headers })).status).toBe(200);
    expect((await fetch(put.stdout.trim(), { method: 'POST', headers })).status).toBe(403);
    const { stdout: json } = await kit().run(['presign', '--output', 'json', own()], SECRET);
    expect((await fetch((JSON.parse(json) as { url: string }).url)).status).toBe(200);
  });

  test('presign opens a WebSocket', async () => {
    const { stdout } = await kit().run(
      ['presign', kit().url('chat').replace('http:', 'ws:')],
      SECRET,
    );
    const socket = new WebSocket(stdout.trim());
    const said = await new Promise((resolve, reject) => {
      socket.addEventListener('open', () => socket.send('hello'));
      socket.addEventListener('message', ({ data }) => resolve(data));
      socket.addEventListener('error', reject);
    });
    socket.close();
    expect(said).toBe('hello');
    const wss = await kit().run(
      ['presign', 'wss://abc123.execute-api.eu-west-1.amazonaws.com/prod'],
      SECRET,
    );
    expect(wss.stdout).toMatch(
      /^wss:\/\/abc123\.execute-api\.eu-west-1\.amazonaws\.com\/prod\?X-Amz-/,
    );
  });

  const POST = [
    'presign-post',
    '--key',
    'uploads/${filename}',
    '--field',
    'acl=private',
    '--condition',
    '["content-length-range", 1, 1000]',
    BUCKET,
  ];

  test('presign-post makes fields, a page and a curl line of the same form', async () => {
    const { stdout } = await kit().run(POST, SECRET);
    const { url, fields } = JSON.parse(stdout) as { url: string; fields: Record<string, string> };
    expect(url).toBe(BUCKET);
    expect(fields).toMatchObject({
      acl: 'private',
      key: 'uploads/${filename}',
      bucket: 'my-bucket',
    });
    const {
      AWS_ACCESS_KEY_ID: accessKeyId = '',
      AWS_SECRET_ACCESS_KEY: secretAccessKey = '',
      AWS_SESSION_TOKEN: sessionToken = '',
    } = kit().environment();
    const keys = (id: string) =>
      id === accessKeyId ? { secretAccessKey, sessionToken } : undefined;
    const file = { name: 'cat.png', size: 10 };
    const options = { keys, region: 'eu-west-1', bucket: 'my-bucket' };
    expect(verifyPostPolicy(fields, file, options)).toMatchObject({ ok: true });

    const page = (await kit().run([...POST, '--html'], SECRET)).stdout;
    expect(page).toContain(`<form action="${BUCKET}" method="post" enctype="multipart/form-data">`);
    const inputs = [...page.matchAll(/name="([^"]*)"(?: value="([^"]*)")?/g)].map(
      ([, name]) => name,
    );
    expect(inputs).toEqual([...Object.keys(fields), 'file']);

    const line = (await kit().run([...POST, '--curl'], SECRET)).stdout.trim();
    const args = await piped(['sh', '-c', line.replace(/^curl/, String.raw`printf '%s\n'`)], {
      env: kit().environment(),
    });
    expect(args.stdout.trim().split('\n')).toEqual([
      ...Object.keys(fields).flatMap((name) => [
        '--form-string',
        expect.stringMatching(new RegExp(`^${name}=`)),
      ]),
      '-F',
      'file=@FILE',
      BUCKET,
    ]);
  });
}
