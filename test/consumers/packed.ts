import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import type { TestProject } from 'vitest/node';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

export const PACKAGES = [
  'signer',
  'credentials',
  'axios',
  'fetch',
  'ky',
  'testing',
  'cli',
] as const;

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder that holds `<name>.tgz` and, unpacked, `<name>` of each package. */
    packed: string;
  }
}

/** Vitest calls this once for all tests of this folder: it builds the packages and packs them. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  await run('pnpm', ['run', 'build'], { cwd: ROOT });
  const folder = await mkdtemp(join(tmpdir(), 'sigv4-packed-'));
  await Promise.all(PACKAGES.map((name) => pack(name, folder)));
  provide('packed', folder);
  return () => rm(folder, { recursive: true });
}

async function pack(name: string, folder: string): Promise<void> {
  const tarball = join(folder, `${name}.tgz`);
  await run('pnpm', ['pack', '--out', tarball], { cwd: join(ROOT, 'packages', name) });
  await mkdir(join(folder, name));
  await run('tar', ['xzf', tarball, '--strip-components=1', '-C', join(folder, name)]);
}

/** Third parties that most consumers have, and the folder here in which they are installed. */
const INSTALLED = {
  axios: 'test',
  commander: 'packages/cli',
  ky: 'test',
  '@aws-sdk/credential-provider-node': 'test',
  '@smithy/core': 'test',
  '@types/node': '.',
  msw: 'test',
  undici: 'test',
  vitest: '.',
} as const;

export interface Consumer {
  /** The folder here that has the project's own files. Default: `consumer`. */
  readonly files?: string;
  /** Default: `module`. */
  readonly type?: 'module' | 'commonjs';
  /**
   * Third parties by name, and where each is installed in this repository, such as
   * `test/node_modules/axios-1.7`; `undefined`: this consumer has none.
   */
  readonly installed?: Readonly<Record<string, string | undefined>>;
  /** Folders below `test/toolchains`, of which the consumer has everything. */
  readonly toolchains?: readonly string[];
}

/**
 * A project of a consumer: the packages as they would come from the registry, built and packed,
 * and nothing else of this repository.
 *
 * @param packed where the packages are
 * @returns its folder
 */
export async function makeConsumer(
  packed: string,
  { files = 'consumer', type = 'module', installed = {}, toolchains = [] }: Consumer = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sigv4-consumer-'));
  await Promise.all(
    PACKAGES.map((name) =>
      cp(join(packed, name), join(folder, 'node_modules/@sigv4', name), { recursive: true }),
    ),
  );
  const links = new Map<string, string | undefined>();
  for (const [name, from] of Object.entries(INSTALLED)) {
    links.set(name, `${from}/node_modules/${name}`);
  }
  for (const name of toolchains) {
    const modules = `test/toolchains/${name}/node_modules`;
    for (const installedName of await namesIn(join(ROOT, modules))) {
      links.set(installedName, `${modules}/${installedName}`);
    }
  }
  for (const [name, path] of Object.entries(installed)) links.set(name, path);
  for (const [name, path] of links) {
    if (path === undefined) continue;
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(ROOT, path), link);
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type }));
  await cp(join(import.meta.dirname, files), folder, { recursive: true });
  return folder;
}

/** The packages in a node_modules folder, with their scopes. */
async function namesIn(modules: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of await readdir(modules)) {
    if (name.startsWith('.')) continue;
    if (!name.startsWith('@')) names.push(name);
    else for (const inner of await readdir(join(modules, name))) names.push(`${name}/${inner}`);
  }
  return names;
}
