import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { SIGNER_OPTIONS } from '@sigv4/signer/client';

test.each([
  ['signer', []],
  ['axios', ['maxBufferedBytes']],
  ['fetch', ['maxBufferedBytes', 'fetch']],
  ['ky', ['maxBufferedBytes']],
] as const)('the README of @sigv4/%s has every option in its table', async (name, own) => {
  const readme = await readFile(
    join(import.meta.dirname, '../../packages', name, 'README.md'),
    'utf8',
  );
  const table = /^## Options\n(.*?)^## /ms.exec(readme)?.[1] ?? '';
  const rows = [...table.matchAll(/^\| `(\w+)` /gm)].map(([, option]) => option);
  const options = [...Object.keys(SIGNER_OPTIONS), ...own];
  expect(options.length).toBeGreaterThan(10);
  expect(new Set(rows)).toEqual(new Set(options));
  expect(rows).toHaveLength(options.length);
});
