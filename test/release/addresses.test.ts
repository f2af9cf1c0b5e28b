import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { addressesOf, writeAddresses } from '../../release/addresses.ts';
import { notesOf } from '../../release/announce.ts';
import { publicPackages } from '../../release/public-packages.ts';

const ROOT = join(import.meta.dirname, '../..');
const ENV = { GITHUB_SERVER_URL: 'https://git.example', GITHUB_REPOSITORY: 'an-owner/a.name' };

test('addresses are those of the repository of the workflow', () => {
  expect(addressesOf(ENV, 'packages/x')).toEqual({
    repository: {
      type: 'git',
      url: 'git+https://git.example/an-owner/a.name.git',
      directory: 'packages/x',
    },
    homepage: 'https://git.example/an-owner/a.name/tree/HEAD/packages/x#readme',
    bugs: { url: 'https://git.example/an-owner/a.name/issues' },
  });
});

test.each([
  ['GITHUB_SERVER_URL', [undefined, '', 'git.example', 'http://git.example', 'https://a/b']],
  ['GITHUB_REPOSITORY', [undefined, '', 'name', 'a/b/c', 'a/b c', 'https://git.example/a/b']],
])('a wrong %s is refused by its name', (variable, values) => {
  for (const value of values) {
    expect(() => addressesOf({ ...ENV, [variable]: value }, 'packages/x')).toThrow(
      new RegExp(`^${variable} is .*\\. Set it to `),
    );
  }
});

test('every public package gets them, and loses nothing', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'sigv4-addresses-'));
  const packages = await publicPackages(ROOT);
  for (const { directory } of packages) {
    await cp(join(ROOT, directory, 'package.json'), join(copy, directory, 'package.json'));
  }
  await writeAddresses(copy, ENV);
  for (const { directory } of packages) {
    const before = await readFile(join(ROOT, directory, 'package.json'), 'utf8');
    const after = await readFile(join(copy, directory, 'package.json'), 'utf8');
    // In the repository itself there is none.
    expect(before).not.toMatch(/"(?:repository|homepage|bugs)"/);
    expect(JSON.parse(after)).toEqual({
      ...(JSON.parse(before) as object),
      ...addressesOf(ENV, directory),
    });
    expect(after.startsWith(before.replace(/\n\}\n$/, ','))).toBe(true);
  }
  await rm(copy, { recursive: true });
});

test('each package has a changelog that says something of its version', async () => {
  for (const { name, version, directory } of await publicPackages(ROOT)) {
    const changelog = await readFile(join(ROOT, directory, 'CHANGELOG.md'), 'utf8');
    expect(changelog.startsWith(`# ${name}\n`)).toBe(true);
    expect(notesOf(changelog, version)).toMatch(/\w/);
  }
});

test('the notes of a version are its part of the changelog', () => {
  const changelog =
    '# a\n\n## 1.0.0\n\n### Minor Changes\n\n- One.\n\n## 1.0.0-rc.1\n\n- Two.\n\n## 0.1.0\n\nThree.\n';
  expect(notesOf(changelog, '1.0.0')).toBe('### Minor Changes\n\n- One.');
  expect(notesOf(changelog, '1.0.0-rc.1')).toBe('- Two.');
  expect(notesOf(changelog, '0.1.0')).toBe('Three.');
  expect(() => notesOf(changelog, '0.1')).toThrow('The changelog has no section "## 0.1".');
});
