import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { beforeAll, expect, test } from 'vitest';

import { command } from './command.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What we depend on ourselves, and what our users install with us. */
const OURS = ['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', '0BSD'];
/** What tools of ours depend on in turn: these ask for no more than to be named, if for that. */
const THEIRS = [
  ...OURS,
  'BlueOak-1.0.0',
  'CC0-1.0',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
  'WTFPL',
  'Zlib',
];
/** Packages with another licence that stay on the machine that develops, unchanged. */
const EXCEPTIONS: Readonly<Record<string, RegExp>> = {
  'MPL-2.0': /^lightningcss(?:-|$)/, // Vite minifies style sheets with it
  'CC-BY-4.0': /^caniuse-lite$/, // Babel's table of browsers
};

interface Licensed {
  readonly name: string;
  readonly license: string;
}

/** @param expression of SPDX, without nested parentheses, such as `(MIT OR CC0-1.0)` */
function isFree(expression: string, allowed: readonly string[]): boolean {
  return expression
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((option) => option.split(' AND ').every((licence) => allowed.includes(licence)));
}

let all: Licensed[];
beforeAll(async () => {
  const listed = await command(['pnpm', '--recursive', 'licenses', 'list', '--json'], ROOT);
  all = Object.values(JSON.parse(listed) as Record<string, Licensed[]>).flat();
});

test('a licence is judged by its expression', () => {
  for (const free of ['MIT', '(MIT OR GPL-3.0)', 'GPL-3.0 OR ISC', 'MIT AND ISC']) {
    expect(isFree(free, OURS)).toBe(true);
  }
  for (const other of ['GPL-3.0', 'MIT AND CC-BY-4.0', 'UNLICENSED', 'SEE LICENSE IN x', '']) {
    expect(isFree(other, OURS)).toBe(false);
  }
});

test('our users get only licences that everyone may use', async () => {
  const sbom = 'pnpm sbom --sbom-format cyclonedx --prod --exclude-peers --filter ./packages/*';
  const { components } = JSON.parse(await command(sbom.split(' '), ROOT)) as Sbom;
  expect(components.map(({ name }) => name)).toContain('credential-provider-node');
  const licences = components.flatMap(({ name, licenses = [{}] }) =>
    licenses.map(
      ({ license, expression = license?.id ?? license?.name ?? '' }) => [name, expression] as const,
    ),
  );
  expect(licences.filter(([, expression]) => !isFree(expression, OURS))).toEqual([]);
});

test('all that is installed here has a licence that is allowed', () => {
  expect(all.length).toBeGreaterThan(100);
  const others = all.filter(({ license }) => !isFree(license, THEIRS));
  const unexplained = others.filter(({ name, license }) => !EXCEPTIONS[license]?.test(name));
  expect(unexplained.map(({ name, license }) => `${name}: ${license}`)).toEqual([]);
});

test('what this repository names itself has one of the five', () => {
  const manifests = globSync(
    [
      'package.json',
      '{packages,examples}/*/package.json',
      'test/package.json',
      'test/{*,toolchains/*}/package.json',
    ],
    { cwd: ROOT },
  );
  expect(manifests.length).toBeGreaterThan(10);
  const named = manifests.flatMap((manifest) => {
    const folder = join(ROOT, dirname(manifest));
    const { dependencies, devDependencies, optionalDependencies } = manifestAt(folder);
    return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
      .map((name) => join(folder, 'node_modules', name))
      .filter((path) => existsSync(path))
      .map((path) => manifestAt(path));
  });
  expect(named.length).toBeGreaterThan(50);
  // Where package.json tells none, pnpm reads the file LICENSE.
  const licences = new Map(all.map(({ name, license }) => [name, license]));
  const others = named
    .map(({ name = '', license = licences.get(name) ?? '' }) => ({ name, license }))
    .filter(({ license }) => !isFree(license, OURS));
  expect(others).toEqual([]);
});

interface Sbom {
  readonly components: readonly {
    readonly name: string;
    readonly licenses?: readonly {
      readonly license?: { readonly id?: string; readonly name?: string };
      readonly expression?: string;
    }[];
  }[];
}

interface Manifest extends Partial<Licensed> {
  readonly dependencies?: object;
  readonly devDependencies?: object;
  readonly optionalDependencies?: object;
}

function manifestAt(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
