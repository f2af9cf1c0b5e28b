import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { createSigner } from '@sigv4/signer';

import { bundleSize } from './bundle-size.ts';
import { makeConsumer, PACKAGES } from './packed.ts';
import { writeReadmeBlocks } from './readmes.ts';

const run = promisify(execFile);
const RUNTIMES = join(import.meta.dirname, '../runtimes/node_modules');
const NODE_20 = join(RUNTIMES, 'node20-linux-x64/bin/node');
/** Those that the registry has for this platform. */
const OTHER_RUNTIMES: readonly (readonly [name: string, path: string, command: string[]])[] = [
  ['Node 20.19', NODE_20, []],
  ['Bun', join(RUNTIMES, '@oven/bun-linux-x64/bin/bun'), ['run']],
  [
    'Deno',
    join(RUNTIMES, '@deno/linux-x64-glibc/deno'),
    ['run', '--allow-all', '--no-remote', '--node-modules-dir=manual'],
  ],
];

let folder: string;
/** With the oldest peers that are promised, and without those that are optional in testing. */
let withOldPeers: string;
beforeAll(async () => {
  const packed = inject('packed');
  const installed = {
    axios: 'test/node_modules/axios-1.7',
    msw: 'test/node_modules/msw-2',
    vitest: undefined,
  };
  [folder, withOldPeers] = await Promise.all([
    makeConsumer(packed, { toolchains: ['nest'] }),
    makeConsumer(packed, { installed }),
  ]);
});
afterAll(async () => {
  for (const made of [folder, withOldPeers]) await rm(made, { recursive: true, force: true });
});

/** Without the environment of the tests: no settings of AWS, no conditions of ours. */
async function node(
  script: string,
  binary = process.execPath,
  env = {},
  cwd = folder,
): Promise<string> {
  const { stdout } = await run(binary, [script], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
  });
  return stdout;
}

test('the one peer of the signer is optional, and so are those of testing', async () => {
  const optional = { optional: true };
  expect((await manifestOf('signer')).peerDependenciesMeta).toEqual({
    '@smithy/signature-v4': optional,
  });
  expect((await manifestOf('testing')).peerDependenciesMeta).toEqual({
    msw: optional,
    vitest: optional,
  });
});

interface Manifest {
  peerDependenciesMeta?: object;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  engines: { node: string };
  sideEffects: boolean | string[];
}

async function manifestOf(name: string): Promise<Manifest> {
  return JSON.parse(
    await readFile(join(folder, 'node_modules/@sigv4', name, 'package.json'), 'utf8'),
  ) as Manifest;
}

test.each([
  ['signer', ['@smithy/signature-v4'], '>=20.19'],
  [
    'credentials',
    ['@aws-sdk/credential-provider-node', '@sigv4/signer', '@smithy/core'],
    '>=20.19',
  ],
  ['axios', ['@sigv4/credentials', '@sigv4/signer', 'axios'], '>=20.19'],
  ['fetch', ['@sigv4/credentials', '@sigv4/signer'], '>=20.19'],
  ['ky', ['@sigv4/fetch', 'ky'], '>=22'],
  ['testing', ['msw', 'vitest'], '>=20.19'],
  ['cli', ['@sigv4/credentials', '@sigv4/signer', 'commander'], '>=20.19'],
])('@sigv4/%s needs nothing but %j', async (name, needed, engine) => {
  const { dependencies, peerDependencies, engines, sideEffects } = await manifestOf(name);
  expect(
    Object.keys({ ...dependencies, ...peerDependencies }).toSorted((a, b) => a.localeCompare(b)),
  ).toEqual(needed);
  expect(JSON.stringify({ dependencies, peerDependencies })).not.toMatch(/workspace:|catalog:/);
  expect(engines.node).toBe(engine);
  // What `@sigv4/testing/vitest` is for is its side effect.
  expect(sideEffects).toEqual(name === 'testing' ? ['./dist/vitest.js', './src/vitest.ts'] : false);
});

test.each(PACKAGES)('@sigv4/%s ships what it says, and no tests', async (name) => {
  const pkgDir = join(folder, 'node_modules/@sigv4', name);
  const files = await readdir(pkgDir, { recursive: true });
  expect(files).toEqual(
    expect.arrayContaining([
      'LICENSE',
      'README.md',
      // A command has nothing to be imported.
      ...(name === 'cli' ? ['dist/cli.js'] : ['dist/index.js', 'dist/index.d.ts', 'src/index.ts']),
    ]),
  );
  expect(
    files.filter((file) => /(?<!vi)test|tsbuildinfo/.test(file.replace('testing', ''))),
  ).toEqual([]);
  const { messages } = await publint({ pkgDir, strict: true, pack: false });
  const pkg = (await manifestOf(name)) as unknown as Record<string, unknown>;
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

describe('runs', () => {
  const SAID = ['http ä http', 'fetch ä fetch', 'fetch ä'];

  test('on this Node', async () => {
    expect((await node('calls.mjs')).trim().split('\n')).toEqual([...SAID, 'ky ä', 'sts 1']);
  });

  test('with the oldest axios that is promised', async () => {
    const { version } = JSON.parse(
      await readFile(join(withOldPeers, 'node_modules/axios/package.json'), 'utf8'),
    ) as { version: string };
    expect(version).toBe('1.7.0');
    const said = await node('calls.mjs', process.execPath, {}, withOldPeers);
    expect(said.trim().split('\n')).toEqual([...SAID, 'ky ä', 'sts 1']);
  });

  test.skipIf(!existsSync(NODE_20))('on Node 20.19, but for ky', async () => {
    expect((await node('calls.mjs', NODE_20)).trim().split('\n')).toEqual([...SAID, 'sts 1']);
  });

  test.each(OTHER_RUNTIMES.filter(([, path]) => existsSync(path)))(
    'on %s a signature is that of this Node',
    async (_name, path, command) => {
      const { stdout } = await run(path, [...command, 'signed.mjs'], {
        cwd: folder,
        env: { PATH: process.env['PATH'], HOME: folder },
      });
      expect(JSON.parse(stdout)).toEqual(JSON.parse(await node('signed.mjs')));
    },
  );

  test.skipIf(!existsSync(NODE_20))('by require() too', async () => {
    const all = 'function,function,function,function,function';
    expect((await node('required.cjs')).trim()).toBe(all);
    expect((await node('required.cjs', NODE_20)).trim()).toBe(all);
  });
});

test('credentials of the environment, and AssumeRole with them, load nothing but @sigv4/*', async () => {
  const environment = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's' };
  const loaded = (await node('loaded.mjs', process.execPath, environment)).trim().split('\n');
  expect(loaded.length).toBeGreaterThan(2);
  expect(
    loaded.filter(
      (url) => !/\/node_modules\/@sigv4\/(?:signer|credentials|fetch)\/dist\//.test(url),
    ),
  ).toEqual([]);
});

describe('@sigv4/testing', () => {
  test.each([
    ['2', () => withOldPeers],
    ['3', () => folder],
  ])('with MSW %s', async (major, cwd) => {
    const [version, ...said] = (await node('msw.mjs', process.execPath, {}, cwd()))
      .trim()
      .split('\n');
    expect(version).toMatch(new RegExp(`^${major}\\.`));
    expect(said).toEqual(['200 mine', '403 Missing Authentication Token', '200 sts']);
  });

  test('the matchers know the requests that a local AWS kept', async () => {
    expect((await node('matchers.mjs')).trim().split('\n')).toEqual(['true true', 'false true']);
  });

  test('its command runs, and can be run', async () => {
    const { bin } = (await manifestOf('testing')) as unknown as { bin: Record<string, string> };
    expect(Object.values(bin)).toEqual(['./dist/cli.js']);
    const cli = join(folder, 'node_modules/@sigv4/testing/dist/cli.js');
    expect(await readFile(cli, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    for (const binary of [process.execPath, ...(existsSync(NODE_20) ? [NODE_20] : [])]) {
      const { stdout } = await run(binary, [cli, '--help'], { cwd: folder });
      expect(stdout).toContain('npx @sigv4/testing');
    }
  });
});

describe('compiles for a strict TypeScript consumer, declarations checked', () => {
  async function compile(files: readonly string[], cwd = folder): Promise<unknown> {
    const config = { extends: './tsconfig.json', files };
    await writeFile(join(cwd, 'tsconfig.some.json'), JSON.stringify(config));
    return run('tsc', ['-p', 'tsconfig.some.json'], { cwd }).catch((error: unknown) => error);
  }

  test('what is public', async () => {
    expect(await compile(['types.ts'])).toMatchObject({ stdout: '' });
  });

  test('the matchers, with Vitest and without it', async () => {
    expect(await compile(['types-vitest.ts'])).toMatchObject({ stdout: '' });
    expect(await compile(['types-matchers.ts'], withOldPeers)).toMatchObject({ stdout: '' });
  });

  test('what every axios of the range must understand', async () => {
    for (const cwd of [folder, withOldPeers]) {
      expect(await compile(['types-axios.ts'], cwd)).toMatchObject({ stdout: '' });
    }
  });

  test('every block of the READMEs', async () => {
    const blocks = await writeReadmeBlocks(folder);
    expect(blocks.length).toBeGreaterThan(10);
    expect(await compile(blocks)).toMatchObject({ stdout: '' });
  });
});

describe('in a browser or worker', () => {
  const WRANGLER = ['workerd', 'worker', 'browser'];

  test.each([
    ['fetch', 'import', undefined],
    ['ky', 'import', undefined],
    ['fetch', 'require', undefined],
    ['fetch', 'import', WRANGLER],
    ['fetch', 'require', WRANGLER],
    ['signer/sigv4a', 'require', WRANGLER],
  ] as const)(
    '@sigv4/%s is bundled without Node and without the AWS SDK, by %s and conditions %j',
    async (name, how, conditions) => {
      const contents =
        how === 'import' ? `export * from '@sigv4/${name}'` : `require('@sigv4/${name}')`;
      const bundle = await build({
        stdin: { contents, resolveDir: folder },
        bundle: true,
        format: 'esm',
        platform: 'browser',
        // esbuild no longer has the condition `module` once it is given others.
        ...(conditions && { conditions: [...conditions] }),
        write: false,
        metafile: true,
        external: ['axios'],
      });
      const inputs = Object.keys(bundle.metafile.inputs);
      expect(
        inputs.filter((input) =>
          /signer\/dist\/cjs|credentials\/dist\/cjs|\/dist\/node\/|@aws-sdk|@smithy/.test(input),
        ),
      ).toEqual([]);
      expect(bundle.outputFiles[0]?.text).toContain('crypto.subtle');
      expect(bundle.outputFiles[0]?.text).not.toMatch(/["']node:/);
    },
  );

  test('who signs headers only ships nothing else', async () => {
    const { code, gzipped } = await bundleSize(
      "export { createSignedFetch } from '@sigv4/fetch'",
      folder,
    );
    // What docs/benchmarks.md tells.
    expect(gzipped).toBeLessThan(15_000);
    expect(code).toContain('AWS4-HMAC-SHA256');
    // Query signatures, SigV4a, POST policies, chunked uploads, the default chain, forms.
    for (const other of [
      'X-Amz-SignedHeaders',
      'AWS4-ECDSA-P256-SHA256',
      'content-length-range',
      'STREAMING-AWS4',
      'AWS_SESSION_TOKEN',
      'getHeaders',
    ]) {
      expect(code).not.toContain(other);
    }
  });

  test('all that a bundle without splitting ships of fetch and signer', async () => {
    const { outputFiles } = await build({
      stdin: { contents: "export { createSignedFetch } from '@sigv4/fetch'", resolveDir: folder },
      bundle: true,
      format: 'cjs',
      platform: 'browser',
      minify: true,
      write: false,
      external: ['@sigv4/credentials'],
    });
    const gzipped = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
    // What docs/benchmarks.md tells.
    expect(gzipped).toBeLessThan(34_000);
  });

  test.each([
    ['cacheCredentials', ['sts.', 'AssumeRole', 'GetSessionToken', 'AWS_PROFILE', 'externalId']],
    ['assumeRole', ['WebIdentityToken', 'GetSessionToken', 'AWS_CONTAINER', 'node:']],
  ])('who takes only %s ships nothing else of the credentials', async (name, others) => {
    const { code } = await bundleSize(`export { ${name} } from '@sigv4/credentials'`, folder);
    expect(code).toContain('advisoryWindow');
    for (const other of others) expect(code).not.toContain(other);
  });

  test('WebCrypto signs as Node does', async () => {
    await build({
      stdin: { contents: "export * from '@sigv4/signer'", resolveDir: folder },
      bundle: true,
      format: 'esm',
      platform: 'browser',
      outfile: join(folder, 'browser.mjs'),
    });
    const { createSigner: createWebSigner } = (await import(join(folder, 'browser.mjs'))) as {
      createSigner: typeof createSigner;
    };
    const options = {
      credentials: { accessKeyId: 'AKIA', secretAccessKey: 's', sessionToken: 't' },
    };
    for (const body of [undefined, '', 'ü', new Uint8Array([0, 255])]) {
      const request = {
        method: 'PUT',
        url: 'https://abc.execute-api.eu-west-1.amazonaws.com/ü?a=b',
        body,
      };
      const date = new Date(0);
      expect(await createWebSigner(options).sign(request, { date })).toEqual(
        await createSigner(options).sign(request, { date }),
      );
    }
  });
});
