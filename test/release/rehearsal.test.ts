import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { publicPackages } from '../../release/public-packages.ts';
import { command } from './command.ts';
import { makeProject, MANAGERS, NODE } from './fresh-project.ts';
import { startRegistry, type Registry } from './registry.ts';
import { copyRepository, type WorkingCopy } from './working-copy.ts';

const ROOT = join(import.meta.dirname, '../..');
const PACKAGES = await publicPackages(ROOT);

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports?: { readonly '.'?: { readonly require?: unknown } };
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly repository: { readonly url: string; readonly directory: string };
  readonly homepage: string;
  readonly bugs: { readonly url: string };
}

function manifestAt(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

const [NODE_MAJOR = 0] = (await command([NODE, '-p', 'process.versions.node'], ROOT))
  .split('.')
  .map(Number);
/** Folder names of the packages that a project calls: commands have no entry point. */
const CALLED = PACKAGES.filter(({ directory }) => manifestAt(join(ROOT, directory)).exports?.['.'])
  .map(({ directory }) => directory.replace('packages/', ''))
  .filter((name) => name !== 'ky' || NODE_MAJOR >= 22);
/** Those that a CommonJS program can require. */
const HAS_TWINS = CALLED.filter(
  (name) => manifestAt(join(ROOT, 'packages', name)).exports?.['.']?.require !== undefined,
);
const COMMANDS = PACKAGES.flatMap(({ directory }) =>
  Object.keys(manifestAt(join(ROOT, directory)).bin ?? {}),
);

/** What the workflow sets for that step. */
const PUBLISH_ENV = stepEnv('publish', 'pnpm run release:publish');

const obstacle = await whatPrevents();
if (obstacle) console.warn(`No rehearsal of the release: ${obstacle}`);

describe.skipIf(obstacle)('a release', () => {
  let folder: string;
  let registry: Registry;
  let copy: WorkingCopy;
  /** What came of publishing as the workflow does, where no provenance can be had. */
  let unproven: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sigv4-release-'));
    registry = await startRegistry(join(folder, 'registry'));
    copy = await copyRepository(folder, registry.url);
    const changeset = '---\n"@sigv4/signer": minor\n---\n\nThe signer does something new.\n';
    await writeFile(join(copy.root, '.changeset/new-things.md'), changeset);
    for (const step of ['versions', 'versions', 'pack'])
      await copy.step(`pnpm run release:${step}`);
    unproven = await copy.step('pnpm run release:publish', PUBLISH_ENV).catch(String);
    for (const step of ['publish', 'announce', 'announce']) {
      await copy.step(`pnpm run release:${step}`);
    }
  }, 600_000);
  afterAll(async () => {
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('makes versions and changelogs, pushes them, and goes on with that commit', async () => {
    // Asked again, it finds no changesets.
    expect(await readFile(join(folder, 'output'), 'utf8')).toBe('made=true\nmade=false\n');
    const calls = await copy.ghCalls();
    expect(calls.filter(([what]) => what === 'workflow')).toEqual([
      ['workflow', 'run', 'release.yml', '--ref', 'main'],
    ]);
    const changed = await command(
      ['git', 'show', '--name-only', '--format=', 'main'],
      join(folder, 'remote'),
    );
    const files = changed.trim().split('\n');
    expect(files).toContain('packages/signer/package.json');
    expect(
      files.filter((file) => !/^packages\/\w+\/(?:package\.json|CHANGELOG\.md)$/.test(file)),
    ).toEqual([]);
    expect(await readFile(join(copy.root, 'packages/signer/CHANGELOG.md'), 'utf8')).toMatch(
      /^# @sigv4\/signer\n\n## \d\S+\n\n### Minor Changes\n\n- .*The signer does something new\.\n[^]*\n## 0\.1\.0\n/,
    );
  });

  test('publishes each package, with its addresses and without workspace: and catalog:', async () => {
    expect(PACKAGES.length).toBeGreaterThan(5);
    for (const { name, directory } of PACKAGES) {
      const { version } = manifestAt(join(copy.root, directory));
      const response = await fetch(`${registry.url}${name}/latest`);
      const published = (await response.json()) as Manifest;
      expect(published).toMatchObject({
        name,
        version,
        repository: { type: 'git', url: 'git+https://git.example/owner/name.git', directory },
        homepage: `https://git.example/owner/name/tree/HEAD/${directory}#readme`,
        bugs: { url: 'https://git.example/owner/name/issues' },
      });
      const { dependencies, peerDependencies } = published;
      expect(JSON.stringify({ dependencies, peerDependencies })).not.toMatch(/workspace:|catalog:/);
    }
  });

  test('publishes nothing without provenance', () => {
    expect(PUBLISH_ENV).not.toEqual({});
    expect(unproven).toContain('ERR_PNPM_PROVENANCE_UNSUPPORTED_PROVIDER');
    expect(unproven).not.toContain('Successfully published');
  });

  test('publishes nothing twice', async () => {
    await copy.step('pnpm exec changeset publish-plan --output again.json');
    const { plan } = JSON.parse(await readFile(join(copy.root, 'again.json'), 'utf8')) as {
      plan: unknown[];
    };
    expect(plan.flat()).toEqual([]);
  });

  test('announces each version once, with its changes and its bill of materials', async () => {
    const made = (await copy.ghCalls()).filter(([, verb]) => verb === 'create');
    expect(made).toHaveLength(PACKAGES.length);
    for (const { name, directory } of PACKAGES) {
      const { version, dependencies = {} } = manifestAt(join(copy.root, directory));
      const call = made.find(([, , tag]) => tag === `${name}@${version}`) ?? [];
      expect(call.slice(3, 5)).toEqual(['--target', 'a'.repeat(40)]);
      expect(call[call.indexOf('--notes') + 1]).toMatch(/\w/);
      const sbom = JSON.parse(await readFile(join(copy.root, call.at(-1) ?? ''), 'utf8')) as Sbom;
      expect(sbom.bomFormat).toBe('CycloneDX');
      const components = sbom.components.map(({ group, name: own }) =>
        group ? `${group}/${own}` : own,
      );
      expect(components).toEqual(expect.arrayContaining(Object.keys(dependencies)));
      // What users have anyway is no part of what we bring.
      expect(components).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(?:axios|ky|msw|vitest)$/)]),
      );
    }
  });

  test.concurrent.each(MANAGERS)(
    'is used by a new project of $name',
    async (manager) => {
      const dependencies = Object.fromEntries([
        ...PACKAGES.map(({ name }) => [name, 'latest']),
        ...['axios', 'ky'].map((name) => [name, manifestOfTest(name).version]),
      ]) as Record<string, string>;
      const project = await makeProject(folder, manager, dependencies, registry.url);
      const run = (...args: readonly string[]): Promise<string> =>
        command([...manager.node, ...args], project);
      const called = (await run('calls.mjs', ...CALLED)).split(/\s+/);
      expect(called).toEqual([...CALLED, '']);
      const required = HAS_TWINS.includes('testing')
        ? await run('--no-experimental-require-module', 'calls.cjs', ...HAS_TWINS)
        : '';
      expect(required.split(/\s+/)).toEqual([...HAS_TWINS, '']);
      expect(COMMANDS).toContain('sigv4-testing');
      for (const name of COMMANDS) {
        const said = await command([...manager.exec, name, '--help'], project);
        expect(said).toContain(name.replace('-testing', ''));
      }
      expect(existsSync(join(project, 'node_modules/@sigv4'))).toBe(manager.name !== 'yarn');
    },
    300_000,
  );
});

function stepEnv(job: string, line: string): NodeJS.ProcessEnv {
  const workflow = readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8');
  const { jobs } = parse(workflow) as Workflow;
  return jobs[job]?.steps.find(({ run }) => run === line)?.env ?? {};
}

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}
interface Step {
  readonly run?: string;
  readonly env?: NodeJS.ProcessEnv;
}

interface Sbom {
  readonly bomFormat: string;
  readonly components: readonly { readonly group?: string; readonly name: string }[];
}

function manifestOfTest(name: string): Manifest {
  return manifestAt(join(ROOT, 'test/node_modules', name));
}

async function whatPrevents(): Promise<string | undefined> {
  if (process.platform === 'win32') return 'its workflow runs on Linux, and so do its steps.';
  // Somebody may have the sources without their history.
  const isCheckout = await command(['git', 'rev-parse', '--git-dir'], ROOT).then(
    () => true,
    () => false,
  );
  if (!isCheckout) return 'it copies a git checkout, and this is none.';
  if (process.env['CI']) return undefined;
  const registry = (await command(['npm', 'config', 'get', 'registry'], ROOT)).trim();
  return fetch(registry, { method: 'HEAD', signal: AbortSignal.timeout(10_000) }).then(
    () => undefined,
    (error: unknown) => `${registry} cannot be reached (${String(error)}).`,
  );
}
