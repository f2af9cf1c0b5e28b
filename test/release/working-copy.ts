import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { command } from './command.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface WorkingCopy {
  readonly root: string;
  /** Runs a command in it, as a step of the release workflow does. */
  step(line: string, env?: NodeJS.ProcessEnv): Promise<string>;
  /** What GitHub's command was called with. */
  ghCalls(): Promise<string[][]>;
}

/** Stands for GitHub's command: keeps what it was called with, and lists the releases that it made. */
const GH = `#!/usr/bin/env node
const { appendFileSync, readFileSync } = require('node:fs');
const args = process.argv.slice(2);
const log = __dirname + '/gh.log';
appendFileSync(log, JSON.stringify(args) + '\\n');
if (args[1] === 'list') {
  const calls = readFileSync(log, 'utf8').trim().split('\\n').map((line) => JSON.parse(line));
  const made = calls.filter(([, verb]) => verb === 'create');
  console.log(JSON.stringify(made.map(([, , tagName]) => ({ tagName }))));
}
`;

/**
 * This repository as a runner checks it out, with what is not committed yet, installed, and with a
 * remote of its own. Its packages are published to a registry of this machine.
 *
 * @param folder that is made for it
 * @param registry its URL
 */
export async function copyRepository(folder: string, registry: string): Promise<WorkingCopy> {
  const root = join(folder, 'repository');
  const bin = join(folder, 'bin');
  const listed = await command(
    ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'],
    ROOT,
  );
  const deleted = await command(['git', 'ls-files', '-z', '--deleted'], ROOT);
  const gone = new Set(deleted.split('\0'));
  for (const file of listed.split('\0').filter((name) => name !== '' && !gone.has(name))) {
    await cp(join(ROOT, file), join(root, file));
  }
  await mkdir(bin);
  await writeFile(join(bin, 'gh'), GH);
  await chmod(join(bin, 'gh'), 0o755);
  await writeFile(
    join(root, '.npmrc'),
    `@sigv4:registry=${registry}\n${registry.replace(/^https?:/, '')}:_authToken=anyone\n`,
  );
  const env = {
    PATH: `${bin}${delimiter}${process.env['PATH']}`,
    // A person's own settings, such as signed commits, are not the runner's.
    GIT_CONFIG_GLOBAL: '/dev/null',
    GITHUB_SERVER_URL: 'https://git.example',
    GITHUB_REPOSITORY: 'owner/name',
    GITHUB_REF_NAME: 'main',
    GITHUB_SHA: 'a'.repeat(40),
    GITHUB_OUTPUT: join(folder, 'output'),
  };
  const step = (line: string, more?: NodeJS.ProcessEnv): Promise<string> =>
    command(line.split(' '), root, { ...env, ...more });
  for (const line of [
    'git init --quiet --bare ../remote',
    'git init --quiet --initial-branch main',
    'git remote add origin ../remote',
    'git add --all -- :!.npmrc',
    'git -c user.name=a -c user.email=a@b.example commit --quiet --message begin',
    'pnpm install --frozen-lockfile --prefer-offline --filter . --filter ./packages/*',
  ]) {
    await step(line);
  }
  return {
    root,
    step,
    ghCalls: async () => {
      const log = await readFile(join(bin, 'gh.log'), 'utf8').catch(() => '');
      const lines = log.split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line) as string[]);
    },
  };
}
