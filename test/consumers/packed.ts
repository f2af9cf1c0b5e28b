import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

export const PACKAGES = ['signer', 'credentials', 'axios', 'fetch', 'ky', 'testing'] as const;

/** Third parties that a consumer has, and which workspace package has them here. */
const INSTALLED = {
  axios: 'test',
  ky: 'test',
  '@aws-sdk/credential-provider-node': 'test',
  '@smithy/core': 'test',
  '@types/node': '.',
  msw: 'test',
  undici: 'test',
  vitest: '.',
} as const;

/** Builds all packages, as they are packed. */
export async function buildPackages(): Promise<void> {
  await run('pnpm', ['run', 'build'], { cwd: ROOT });
}

/**
 * A project of a consumer: the packages as they would come from the registry, built and packed,
 * and nothing of this repository.
 *
 * @param versions under which name its version of a third party is installed here; `undefined`: it
 *   has none
 * @returns its folder
 */
export async function makeConsumer(
  versions: Readonly<Partial<Record<keyof typeof INSTALLED, string | undefined>>> = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sigv4-consumer-'));
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '@sigv4'), { recursive: true });
  await Promise.all(PACKAGES.map((name) => unpack(name, folder)));
  for (const [name, from] of Object.entries(INSTALLED)) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    const installed = name in versions ? versions[name as keyof typeof INSTALLED] : name;
    if (installed === undefined) continue;
    await symlink(join(ROOT, from, 'node_modules', installed), join(modules, name));
  }
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await cp(join(import.meta.dirname, 'consumer'), folder, { recursive: true });
  return folder;
}

async function unpack(name: string, folder: string): Promise<void> {
  const destination = join(folder, 'tarballs', name);
  await mkdir(destination, { recursive: true });
  await run('pnpm', ['pack', '--pack-destination', destination], {
    cwd: join(ROOT, 'packages', name),
  });
  const unpacked = join(folder, 'node_modules/@sigv4', name);
  await mkdir(unpacked);
  await run(
    'tar',
    ['xzf', `sigv4-${name}-${await versionOf(name)}.tgz`, '--strip-components=1', '-C', unpacked],
    {
      cwd: destination,
    },
  );
}

async function versionOf(name: string): Promise<string> {
  const manifest = await readFile(join(ROOT, 'packages', name, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
