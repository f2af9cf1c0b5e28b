import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

const RUNTIMES = join(import.meta.dirname, '../runtimes/node_modules');
/** The ends of what is promised, with as many clients as each can run; from the registry, where it has them for this platform. */
const OTHERS = [
  ['20.19.0', join(RUNTIMES, 'node20-linux-x64/bin/node'), 3],
  ['26.10.0', join(RUNTIMES, 'node26-linux-x64/bin/node'), 4],
] as const;

let folder: string;
let script: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sigv4-wire-'));
  script = join(folder, 'main.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'other-node-main.ts')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@sigv4/source'],
    // For the CommonJS packages among what is bundled.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    outfile: script,
  });
});
afterAll(() => rm(folder, { recursive: true }));

test.for(OTHERS.filter(([, binary]) => existsSync(binary)))(
  'Node %s: bodies, redirects and a skewed clock',
  async ([version, binary, clients]) => {
    const { stdout } = await promisify(execFile)(binary, [script], { env: {} });
    expect(JSON.parse(stdout)).toEqual({
      version: `v${version}`,
      checked: clients * 23,
      wrong: [],
    });
  },
);
