import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface PublicPackage {
  readonly name: string;
  readonly version: string;
  /** From the root of the repository, with slashes: `packages/fetch`. */
  readonly directory: string;
}

/** The packages that are published, in the order of their names. */
export async function publicPackages(root: string): Promise<PublicPackage[]> {
  const found: PublicPackage[] = [];
  for (const folder of (await readdir(join(root, 'packages'))).toSorted()) {
    const directory = `packages/${folder}`;
    const text = await readFile(join(root, directory, 'package.json'), 'utf8');
    const {
      name,
      version,
      private: isPrivate,
    } = JSON.parse(text) as {
      name: string;
      version: string;
      private?: boolean;
    };
    if (!isPrivate) found.push({ name, version, directory });
  }
  return found;
}
