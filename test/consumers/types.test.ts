import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { makeConsumer, PACKAGES } from './packed.ts';

const run = promisify(execFile);
const MODULES = join(import.meta.dirname, '../toolchains/types/node_modules');
const COMPILERS = {
  '5.4': [process.execPath, join(MODULES, 'typescript-5.4/bin/tsc')],
  '5.9': [process.execPath, join(MODULES, 'typescript-5.9/bin/tsc')],
  '7': ['tsc'],
} as const;
/** The `module` that goes with each. */
const RESOLUTIONS = {
  node10: 'commonjs',
  node16: 'node16',
  nodenext: 'nodenext',
  bundler: 'esnext',
} as const;

/** A CommonJS service. */
let commonjs: string;
/** A service of ES modules, with the types of the oldest Node. */
let module: string;
beforeAll(async () => {
  const packed = inject('packed');
  const installed = {
    '@smithy/signature-v4': 'test/node_modules/@smithy/signature-v4',
    '@types/node': 'test/toolchains/types/node_modules/@types/node-20',
  };
  [commonjs, module] = await Promise.all([
    makeConsumer(packed, { files: 'typed', type: 'commonjs' }),
    makeConsumer(packed, { files: 'typed', type: 'module', installed }),
  ]);
});
afterAll(() => Promise.all([commonjs, module].map((made) => rm(made, { recursive: true }))));

const CASES = (['5.4', '5.9', '7'] as const).flatMap((compiler) =>
  (['node10', 'node16', 'nodenext', 'bundler'] as const)
    // TypeScript 7 has no node10.
    .filter((resolution) => compiler !== '7' || resolution !== 'node10')
    .map((resolution) => [compiler, resolution] as const),
);

describe('a service without the DOM library compiles, all declarations checked,', () => {
  async function told(
    folder: string,
    compiler: keyof typeof COMPILERS,
    resolution: keyof typeof RESOLUTIONS,
  ): Promise<string> {
    const [command, ...args] = COMPILERS[compiler];
    const options = ['--moduleResolution', resolution, '--module', RESOLUTIONS[resolution]];
    const { stdout } = await run(command, [...args, '-p', 'tsconfig.strict.json', ...options], {
      cwd: folder,
      env: { PATH: process.env['PATH'] },
    }).catch((failed: { stdout: string }) => failed);
    return stdout;
  }

  test.each(CASES)('with TypeScript %s and moduleResolution %s', async (compiler, resolution) => {
    expect(await told(commonjs, compiler, resolution)).toBe('');
  });

  test('as ES modules, with the oldest and the newest TypeScript', async () => {
    expect(await told(module, '5.4', 'node16')).toBe('');
    expect(await told(module, '7', 'nodenext')).toBe('');
  });
});

/** What follows its peers, which are ES modules only. */
const ESM_ONLY = new Set(['@sigv4/ky', '@sigv4/testing/msw', '@sigv4/testing/vitest']);

test.each(PACKAGES)('Are The Types Wrong finds nothing in @sigv4/%s', async (name) => {
  const attw = (await import(join(MODULES, '@arethetypeswrong/core/dist/index.js'))) as Attw;
  const tarball = await readFile(join(inject('packed'), `${name}.tgz`));
  const { problems } = await attw.checkPackage(attw.createPackageFromTarballData(tarball));
  const isTold = ({ kind, entrypoint = '.' }: Problem): boolean => {
    const entry = `@sigv4/${name}${entrypoint.slice(1)}`;
    return kind !== 'CJSResolvesToESM' || !ESM_ONLY.has(entry);
  };
  expect(problems?.filter(isTold)).toEqual([]);
});

interface Problem {
  readonly kind: string;
  readonly entrypoint?: string;
}
interface Attw {
  createPackageFromTarballData(tarball: Uint8Array): object;
  checkPackage(pkg: object): Promise<{ readonly problems?: readonly Problem[] }>;
}
