// Makes each package's dist/*.js of its sources: one file an entry point, since each file that Node
// loads costs a cold start half a millisecond. Declarations are made by tsc.
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { build } from 'esbuild';

const PACKAGES = join(import.meta.dirname, 'packages');

for (const name of await readdir(PACKAGES)) {
  const folder = join(PACKAGES, name);
  const manifest = await readFile(join(folder, 'package.json'), 'utf8');
  const entries = new Set(
    [...manifest.matchAll(/"\.\/dist\/([a-z0-9-]+)\.js"/g)].map(([, entry]) => entry),
  );
  // What an earlier build left: chunks have their content's hash in their names.
  for (const file of await readdir(join(folder, 'dist'))) {
    if (/\.js(?:\.map)?$/.test(file)) await rm(join(folder, 'dist', file));
  }
  await build({
    entryPoints: [...entries].map((entry) => join(folder, 'src', `${entry}.ts`)),
    outdir: join(folder, 'dist'),
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    // What `imports` and `dependencies` of package.json name stays an import.
    packages: 'external',
    external: ['#*', 'node:*'],
    chunkNames: '[name]-[hash]',
    sourcemap: true,
    sourcesContent: false,
  });
}
