// The first half of a release: if changesets are waiting, makes versions and changelogs of them,
// pushes that commit, and starts the workflow again on it. What is published is then what a commit
// holds, and the provenance of the packages names that commit.
import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { run } from './run.ts';

const BOT = [
  '-c',
  'user.name=github-actions[bot]',
  '-c',
  'user.email=41898282+github-actions[bot]@users.noreply.github.com',
];

/**
 * @param branch that is released
 * @returns whether versions were made
 */
export async function makeVersions(root: string, branch: string): Promise<boolean> {
  const files = await readdir(join(root, '.changeset'));
  if (!files.some((file) => file.endsWith('.md'))) return false;
  await run('pnpm', ['exec', 'changeset', 'version'], root);
  await run('git', ['add', '--all', '.changeset', 'packages'], root);
  await run('git', [...BOT, 'commit', '--message', 'release: make versions'], root);
  await run('git', ['push', 'origin', `HEAD:refs/heads/${branch}`], root);
  await run('gh', ['workflow', 'run', 'release.yml', '--ref', branch], root);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { GITHUB_REF_NAME: branch, GITHUB_OUTPUT: output } = process.env;
  if (!branch || !output) {
    throw new TypeError(
      'GITHUB_REF_NAME or GITHUB_OUTPUT is not set. This script is a step of .github/workflows/release.yml; to make versions on your machine, run pnpm exec changeset version.',
    );
  }
  const made = await makeVersions(process.cwd(), branch);
  console.log(made ? `Versions were made. The release goes on in another run.` : 'No changesets.');
  await appendFile(output, `made=${made}\n`);
}
