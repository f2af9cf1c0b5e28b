import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

test('ARCHITECTURE.md names the files that a signed GET visits, and no others', async () => {
  const document = await readFile(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
  const section = document.split('\n## The walk of one signed GET\n')[1] ?? '';
  const steps = /(?:^\d+\. .*\n)+/m.exec(section)?.[0] ?? '';
  const told = [...steps.matchAll(/`((?:fetch|signer)\/[a-z0-9/-]+\.ts)`/g)].map(
    ([, file]) => file,
  );
  const script = join(import.meta.dirname, 'signed-get.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  expect([...new Set(told)].toSorted()).toEqual(JSON.parse(stdout));
});

test('the documents on top name no file that is not there', async () => {
  const names = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md'];
  const documents = await Promise.all(names.map((name) => readFile(join(ROOT, name), 'utf8')));
  const paths = documents.join().matchAll(/`([a-z][a-z0-9-]*\/[a-z0-9/.-]+\.ts)`/g);
  const missing: string[] = [];
  for (const [, path = ''] of paths) {
    const inPackage = path.replace('/', '/src/');
    const places = [
      join(ROOT, path),
      join(ROOT, 'packages', inPackage),
      join(ROOT, 'packages', path),
    ];
    const found = await Promise.all(places.map((place) => readFile(place).catch(() => undefined)));
    if (found.every((text) => text === undefined)) missing.push(path);
  }
  expect(missing).toEqual([]);
});
