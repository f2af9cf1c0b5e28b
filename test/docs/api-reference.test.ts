import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

const TOOLCHAIN = join(import.meta.dirname, '../toolchains/api-reference');

test(
  'every export is documented, and what the documentation links to is there',
  { timeout: 240_000 },
  async () => {
    const typedoc = join(TOOLCHAIN, 'node_modules/typedoc/bin/typedoc');
    const made = await promisify(execFile)(process.execPath, [typedoc, '--emit', 'none'], {
      cwd: TOOLCHAIN,
    }).catch((error: unknown) => error);
    expect(made).toMatchObject({ stderr: '' });
  },
);
