import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { command } from './command.ts';

/** The Node that the projects run on. CI names the one of its matrix. */
export const NODE: string = process.env['HOST_NODE'] || process.execPath;

const YARN = createRequire(import.meta.url).resolve('@yarnpkg/cli-dist/bin/yarn.js');

export interface Manager {
  readonly name: string;
  readonly install: readonly string[];
  /** What stands before the arguments of `node`. */
  readonly node: readonly string[];
  /** What stands before a command that a package brings. */
  readonly exec: readonly string[];
}

/** yarn keeps no node_modules: it plugs its own resolution into Node. */
export const MANAGERS: readonly Manager[] = [
  {
    name: 'npm',
    install: ['npm', 'install', '--no-audit', '--no-fund'],
    node: [NODE],
    exec: ['npx', '--no-install'],
  },
  {
    name: 'pnpm',
    install: ['pnpm', 'install'],
    node: [NODE],
    exec: ['pnpm', 'exec'],
  },
  {
    name: 'yarn',
    install: [NODE, YARN, 'install'],
    node: [NODE, YARN, 'node'],
    exec: [NODE, YARN, 'run'],
  },
];

/**
 * A project that has never seen this repository. Its `@sigv4/*` come from the registry of the
 * rehearsal, and all else from where this machine gets its packages.
 *
 * @param registry its URL
 * @returns the project's folder
 */
export async function makeProject(
  folder: string,
  manager: Manager,
  dependencies: Readonly<Record<string, string>>,
  registry: string,
): Promise<string> {
  const project = join(folder, manager.name);
  await mkdir(project);
  await cp(join(import.meta.dirname, 'project'), project, { recursive: true });
  const files = {
    'package.json': JSON.stringify({ private: true, dependencies }),
    // Managers wait a day or more before they trust a new version. What is rehearsed is new.
    '.npmrc': `@sigv4:registry=${registry}\n`,
    'pnpm-workspace.yaml': "minimumReleaseAgeExclude: ['@sigv4/*']\n",
    '.yarnrc.yml': JSON.stringify({
      // It would give what an earlier rehearsal published under the same version.
      enableGlobalCache: false,
      enableMirror: false,
      enableImmutableInstalls: false,
      enableTelemetry: false,
      npmPreapprovedPackages: ['@sigv4/*'],
      npmRegistryServer: (await command(['npm', 'config', 'get', 'registry'], folder)).trim(),
      npmScopes: { sigv4: { npmRegistryServer: registry } },
      unsafeHttpWhitelist: ['127.0.0.1'],
    }),
    'yarn.lock': '',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(project, name), text);
  await command(manager.install, project);
  return project;
}
