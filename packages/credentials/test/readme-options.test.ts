import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { CACHE_OPTIONS } from '../src/cache/cache-options.ts';
import { DEFAULT_CREDENTIALS_OPTIONS } from '../src/chain/default-credentials.ts';
import {
  assumeRoleOptions,
  sessionTokenOptions,
  webIdentityOptions,
} from '../src/sts/sts-options.ts';

test.each([
  ['assumeRole', assumeRoleOptions()],
  ['assumeRoleWithWebIdentity', webIdentityOptions()],
  ['getSessionToken', sessionTokenOptions()],
  ['cacheCredentials', CACHE_OPTIONS],
  ['defaultCredentials', DEFAULT_CREDENTIALS_OPTIONS],
])('the README names every option of %s', async (_name, table) => {
  const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
  const missing = Object.keys(table).filter((name) => !new RegExp(`\`${name}\\b`).test(readme));
  expect(missing).toEqual([]);
});
