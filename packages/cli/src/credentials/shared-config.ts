import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the files in ~/.aws say of one profile. */
export interface Profile {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * Reads a profile of ~/.aws/config and ~/.aws/credentials: the one that AWS_PROFILE names, else
 * `default`. Only what our own output tells of it is taken from here; the credentials themselves
 * come from the AWS SDK.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export async function readProfile(
  name: string = process.env['AWS_PROFILE'] || 'default',
): Promise<Profile> {
  const home = join(homedir(), '.aws');
  const [config, credentials] = await Promise.all([
    readSections(process.env['AWS_CONFIG_FILE'] || join(home, 'config')),
    readSections(process.env['AWS_SHARED_CREDENTIALS_FILE'] || join(home, 'credentials')),
  ]);
  const inConfig =
    name === 'default'
      ? (config['default'] ?? config['profile default'])
      : config[`profile ${name}`];
  return { name, settings: { ...inConfig, ...credentials[name] } };
}

/** A file that is not there, or cannot be read, says nothing. */
async function readSections(path: string): Promise<Record<string, Record<string, string>>> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const sections: Record<string, Record<string, string>> = Object.create(null);
  let section: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, heading] = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line) ?? [];
    if (heading !== undefined) {
      section = sections[heading.replace(/\s+/, ' ').replaceAll(/["']/g, '')] ??=
        Object.create(null);
      continue;
    }
    // An indented line is part of a nested setting, which we have no use for.
    const [, key, value] = /^([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) section[key] = value;
  }
  return sections;
}
