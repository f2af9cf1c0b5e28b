// oxlint-disable vitest/expect-expect -- compare() expects
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { main } from '../src/main.ts';

const run = promisify(execFile);
const HAS_CURL = await run('curl', ['--version']).then(
  () => true,
  () => false,
);

/** What both programs send of their own accord, or what only ours sends. */
const OWN =
  /^(?:host|user-agent|connection|content-length|expect|authorization|x-amz-(?:date|content-sha256))$/;

describe.skipIf(!HAS_CURL)("curl's options mean what they mean to curl", () => {
  let server: Server;
  let origin: string;
  let folder: string;
  const requests: object[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sigv4-curl-'));
    await writeFile(join(folder, 'lines.txt'), 'a=1\r\n&b=2\n');
    await writeFile(join(folder, 'page.html'), '<p>');
    await writeFile(join(folder, 'data.csv'), '1,2');
    server = createServer(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const { method, url, headers } = request;
      const others = Object.entries(headers).filter(([name]) => !OWN.test(name));
      const text = JSON.stringify({
        method,
        url,
        headers: Object.fromEntries(others),
        body: Buffer.concat(pieces).toString(),
      });
      const boundary = /boundary=(.+)/.exec(headers['content-type'] ?? '')?.[1];
      requests.push(
        JSON.parse(boundary === undefined ? text : text.replaceAll(boundary, 'B')) as object,
      );
      response.end();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_REGION', 'eu-west-1');
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    server.close();
    await rm(folder, { recursive: true });
  });

  async function compare(args: readonly string[], path = '/a'): Promise<void> {
    requests.length = 0;
    // Neither program may tell the paths of this folder.
    const line = args.map((arg) => arg.replaceAll('DIR', folder));
    await run('curl', ['-sS', ...line, origin + path]);
    expect(await main(['-sS', '-o', join(folder, 'answer'), ...line, origin + path])).toBe(0);
    const [curls, ours] = requests;
    expect(ours).toEqual(curls);
  }

  const DATA = [
    ['-d', ''],
    ['-d', 'a=1'],
    ['-d', '@DIR/lines.txt'],
    ['--data-raw', '@a'],
    ['--data-binary', '@DIR/lines.txt'],
    ['--json', '{}'],
    ['--json', '@DIR/lines.txt'],
  ] as const;

  test('data of each kind, alone and together', async () => {
    for (const one of DATA) await compare(one);
    await compare(DATA.flat());
    await compare(DATA.toReversed().flat());
    await compare(['-d', '', '-d', '', '-d', 'a']);
    await compare(['-G', '-d', 'a=1', '--data-raw', 'b=2'], '/a?y=1');
  });

  test.each(['content-type', 'accept', 'user-agent', 'x-team'])(
    '-H %s: removed, empty and given',
    async (name) => {
      for (const end of [':', ';', ': text/x ']) await compare(['-H', name + end]);
      await compare(['-H', `${name}:`, '--json', '{}']);
    },
  );

  test('-F with each value, type and file name', async () => {
    const texts = ['', 'x', 'one\ntwo\r\n', '"q;r"', String.raw`"\"\\"`, 'a "b"', 'k="v"'];
    const files = ['lines.txt', 'page.html', 'data.csv', '"page.html"'];
    const paths = files.map((name) => name.replace(/^"?/, (quote) => `${quote}DIR/`));
    const values = [
      ...texts,
      ...paths.map((path) => `@${path}`),
      ...paths.map((path) => `<${path}`),
    ];
    const ends = ['', ';type=a/b', '; type=a/b; charset=utf-8'];
    const ofFiles = [
      ';filename=q.gif',
      ';filename=',
      String.raw`;type=a/b; charset=utf-8;filename="q;\"r.png"`,
    ];
    const fields = values.flatMap((value) =>
      [...ends, ...(value.startsWith('@') ? ofFiles : [])].map((end) => `f"1=${value}${end}`),
    );
    await compare(fields.flatMap((field) => ['-F', field]));
  });

  test('-F writes the boundary into a content type that was given', async () => {
    await compare(['-H', 'content-type: multipart/form-data', '-F', 'a=1']);
  });

  test('-F refuses what curl would leave out', async () => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await main(['-F', 'a=one;two', origin])).toBe(1);
    expect(stderr.mock.calls.flat().join('')).toMatch(/^sigv4: -F a: only type=, and/);
    stderr.mockRestore();
  });

  test('-T and -X', async () => {
    await compare(['-T', 'DIR/lines.txt']);
    await compare(['-T', 'DIR/lines.txt'], '/folder/');
    await compare(['-X', 'GET', '-d', 'a']);
    await compare(['-X', 'DELETE']);
  });
});
