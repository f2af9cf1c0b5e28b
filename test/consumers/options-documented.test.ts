import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';

const NONE = { none: 1 } as never;

/** What the error for an unknown option says that there is. */
function optionsOf(make: (options: never) => unknown): string[] {
  try {
    make(NONE);
  } catch (error) {
    return /there are (.*)$/.exec((error as Error).message)?.[1]?.split(', ') ?? [];
  }
  return [];
}

test.each([
  ['axios', sigv4Interceptor, ['maxBufferedBytes']],
  ['fetch', createSignedFetch, ['maxBufferedBytes', 'fetch']],
  ['ky', sigv4Hooks, ['maxBufferedBytes']],
] as const)('the README of @sigv4/%s has every option in its table', async (name, make, own) => {
  const readme = await readFile(
    join(import.meta.dirname, '../../packages', name, 'README.md'),
    'utf8',
  );
  const table = /^## Options\n(.*?)^## /ms.exec(readme)?.[1] ?? '';
  const rows = [...table.matchAll(/^\| `(\w+)` /gm)].map(([, option]) => option);
  const options = [...optionsOf(make), ...own];
  expect(options.length).toBeGreaterThan(10);
  expect(new Set(rows)).toEqual(new Set(options));
  expect(rows).toHaveLength(options.length);
});
