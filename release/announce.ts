// The last step of a release: a tag and a GitHub release for each published version that has none
// yet, with its part of the changelog and its bill of materials.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { publicPackages } from './public-packages.ts';
import { run } from './run.ts';

/** @returns what a changelog says of a version, without the heading */
export function notesOf(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.startsWith(`${version}\n`));
  if (section === undefined) {
    throw new TypeError(`The changelog has no section "## ${version}".`);
  }
  return section.slice(version.length).trim();
}

/**
 * @param commit that was published
 * @returns the tags that were made
 */
export async function announce(root: string, commit: string): Promise<string[]> {
  const listed = await run('gh', 'release list --limit 1000 --json tagName'.split(' '), root);
  const releases = JSON.parse(listed) as { tagName: string }[];
  const existing = new Set(releases.map(({ tagName }) => tagName));
  const made: string[] = [];
  for (const { name, version, directory } of await publicPackages(root)) {
    const tag = `${name}@${version}`;
    if (existing.has(tag)) continue;
    const changelog = await readFile(join(root, directory, 'CHANGELOG.md'), 'utf8');
    const sbom = `packed/sbom/${name.replace(/^@/, '').replace('/', '-')}.cdx.json`;
    const notes = notesOf(changelog, version);
    await run(
      'gh',
      ['release', 'create', tag, '--target', commit, '--title', tag, '--notes', notes, sbom],
      root,
    );
    made.push(tag);
  }
  return made;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { GITHUB_SHA: commit } = process.env;
  if (!commit) {
    throw new TypeError(
      'GITHUB_SHA is not set. This script is a step of .github/workflows/release.yml.',
    );
  }
  for (const tag of await announce(process.cwd(), commit)) console.log(tag);
}
