import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { PACKAGES } from './packed.ts';

const ROOT = join(import.meta.dirname, '../..');

const PAGES = [
  'README.md',
  'docs/guides/nestjs.md',
  ...PACKAGES.map((name) => `packages/${name}/README.md`),
];

/** Writes each TypeScript block of the READMEs, and of the page on NestJS, into a module of its own, and gives their names. */
export async function writeReadmeBlocks(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const readme of PAGES) {
    const text = await readFile(join(ROOT, readme), 'utf8');
    for (const [at, [, block]] of [
      ...text.matchAll(/^```ts(?: [^\n]+)?\n(.*?)^```$/gms),
    ].entries()) {
      const name = `${readme.replaceAll('/', '-')}.${at + 1}.ts`;
      await writeFile(join(folder, name), `${block}\nexport {};\n`);
      files.push(name);
    }
  }
  return files;
}
