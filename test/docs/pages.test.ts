import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, describe, expect, test } from 'vitest';

import { blocksOf, pagesOfDocs, textOf } from './pages.ts';
import { PICTURES } from './pictures.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = await pagesOfDocs();
const PACKED = globSync('packages/*/README.md', { cwd: ROOT });
const OTHERS = [
  'README.md',
  'CONTRIBUTING.md',
  'ARCHITECTURE.md',
  'SECURITY.md',
  ...globSync('examples/{,*/}README.md', { cwd: ROOT }),
];

// Within this package, so that what the blocks import is found.
const folder = mkdtempSync(join(import.meta.dirname, '.blocks-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('every TypeScript block of the pages compiles', { timeout: 120_000 }, async () => {
  let count = 0;
  for (const page of [...PAGES, ...PACKED, 'README.md']) {
    for (const [at, { language, code }] of blocksOf(page).entries()) {
      // test/consumers compiles these with Nest.
      if (language !== 'ts' || page.endsWith('nestjs.md')) continue;
      count += 1;
      const name = `${page.replaceAll('/', '-')}.${at + 1}.ts`;
      writeFileSync(join(folder, name), `${code}\nexport {};\n`);
    }
  }
  expect(count).toBeGreaterThan(0);
  const config = {
    extends: '../../../tsconfig.tests.json',
    // A page can show how something is made, and leave its use to the reader.
    compilerOptions: { noUnusedLocals: false },
    include: ['*.ts'],
    exclude: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiled = await promisify(execFile)('tsc', ['-p', join(folder, 'tsconfig.json')], {
    cwd: ROOT,
  }).catch((error: unknown) => error);
  expect(compiled).toMatchObject({ stdout: '' });
});

/** As GitHub makes them of headings. */
function anchorsOf(text: string): Set<string> {
  const withoutBlocks = text.replaceAll(/^```.*?^```$/gms, '');
  return new Set(
    [...withoutBlocks.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function linksOf(page: string): string[] {
  const text = textOf(page).replaceAll(/^```.*?^```$/gms, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
}

describe.each([...PAGES, ...OTHERS])('%s', (page) => {
  test('links to what is there', () => {
    const broken = linksOf(page)
      .filter((link) => !link.startsWith('https://'))
      .filter((link) => {
        const [file = '', anchor] = link.split('#', 2);
        const path = file === '' ? page : join(dirname(page), file);
        if (!existsSync(join(ROOT, path))) return true;
        return anchor !== undefined && !anchorsOf(textOf(path)).has(anchor);
      });
    expect(broken).toEqual([]);
  });
});

// npm shows a README without the rest of the repository.
test.each(PACKED)('%s links to nothing outside of itself', (readme) => {
  const anchors = anchorsOf(textOf(readme));
  const broken = linksOf(readme).filter(
    (link) => !link.startsWith('https://') && !anchors.has(link.replace(/^#/, '')),
  );
  expect(broken).toEqual([]);
});

test('every page can be reached from docs/README.md', () => {
  const links = new Set(linksOf('docs/README.md').map((link) => join('docs', link)));
  expect(PAGES.filter((page) => page !== 'docs/README.md' && !links.has(page))).toEqual([]);
});

test.each(Object.entries(PICTURES))('%s is what the script makes', (name, svg) => {
  expect(readFileSync(join(ROOT, 'docs/pictures', name), 'utf8')).toBe(svg);
});
