import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

const MAIN = join(import.meta.dirname, 'fetch-unhandled-main.ts');
const NODE_26 = join(import.meta.dirname, '../runtimes/node_modules/node26-linux-x64/bin/node');

test.each([process.execPath, NODE_26].filter((binary) => existsSync(binary)))(
  'no body, abort or broken connection ends a process of %s',
  async (binary) => {
    const { stdout } = await promisify(execFile)(binary, [MAIN]);
    const { faults, outcomes } = JSON.parse(stdout) as {
      faults: string[];
      outcomes: Record<string, number>;
    };
    expect(faults).toEqual([]);
    // Calls end in every way that this is about.
    expect(outcomes['ERR_SIGV4_BODY']).toBeGreaterThan(50);
    expect(outcomes['answered']).toBeGreaterThan(50);
    expect(outcomes['failed']).toBeGreaterThan(50);
  },
  // It makes 800 calls, which takes a while on a busy machine.
  300_000,
);
