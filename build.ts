// Makes each package's dist/*.js of its sources. Declarations are made by tsc.
//
// Of the packages that are a cold start's, one file for each platform, entry point and module that
// is imported dynamically, and none that two of them share: each file that Node loads costs half a
// millisecond or more, and a bundler puts what is shared with the entry into what everyone loads at
// once. Small pure modules are in several files, therefore; the errors are in index.js only, so that
// `instanceof` holds. The entry points of the others share what they have in common.
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { build as bundle, type BuildOptions, type Plugin } from 'esbuild';

const PACKAGES = join(import.meta.dirname, 'packages');

const SETTINGS = {
  bundle: true,
  format: 'esm',
  target: 'es2023',
  platform: 'neutral',
  // What package.json names as a dependency stays an import.
  packages: 'external',
  external: ['node:*'],
  legalComments: 'none',
  sourcemap: true,
  sourcesContent: false,
} satisfies BuildOptions;

for (const name of await readdir(PACKAGES)) {
  const folder = join(PACKAGES, name);
  await rm(join(folder, 'dist/node'), { recursive: true, force: true });
  for (const file of await readdir(join(folder, 'dist'))) {
    if (/\.js(?:\.map)?$/.test(file)) await rm(join(folder, 'dist', file));
  }
  const manifest = await readFile(join(folder, 'package.json'), 'utf8');
  const outputs = new Set(
    [...manifest.matchAll(/"\.\/(dist\/(?:node\/)?[a-z0-9-]+\.js)"/g)].map(([, path]) => path),
  );
  const files = [...outputs].map((output) => output ?? '');
  if (files.some((file) => file.startsWith('dist/node/'))) {
    for (const output of outputs) {
      // A Set gives what is added to it on the way too.
      await buildFile(folder, output ?? '', (other) => outputs.add(other));
    }
  } else {
    await bundle({
      ...SETTINGS,
      entryPoints: files.map((file) => join(folder, file.replace(/^dist(.*)\.js$/, 'src$1.ts'))),
      outdir: join(folder, 'dist'),
      splitting: true,
      chunkNames: '[name]-[hash]',
    });
  }
}

/** @param alsoBuild is told which other files of dist this one loads */
async function buildFile(
  folder: string,
  output: string,
  alsoBuild: (output: string) => void,
): Promise<void> {
  const [, place = '', entry = ''] = /^(.*\/)([^/]+)\.js$/.exec(output) ?? [];
  const filesOfTheirOwn: Plugin = {
    name: 'files-of-their-own',
    setup(build) {
      build.onResolve({ filter: /^\.\/.*\.ts$/ }, ({ path, kind, importer }) => {
        // Of the signer's internals, which are part of this file.
        const isForeign = !importer.startsWith(folder);
        if (kind === 'dynamic-import' && !isForeign) {
          const file = path.replace('.ts', '.js');
          alsoBuild(join(place, file));
          return { path: file, external: true };
        }
        if (path !== './errors.ts') return undefined;
        if (isForeign) return { path: '@sigv4/signer', external: true };
        return entry === 'index'
          ? undefined
          : { path: './index.js', external: true, sideEffects: false };
      });
      build.onResolve({ filter: /^@sigv4\/signer\/internal$/ }, () => ({
        path: join(PACKAGES, 'signer/src/internal.ts'),
      }));
    },
  };
  await bundle({
    ...SETTINGS,
    entryPoints: [join(folder, 'src', `${entry}.ts`)],
    outfile: join(folder, output),
    conditions: place.endsWith('node/') ? ['node'] : [],
    plugins: [filesOfTheirOwn, ownImports(folder)],
  });
}

/** `#hash` is the platform's own, and part of the file. */
function ownImports(folder: string): Plugin {
  return {
    name: 'own-imports',
    setup(build) {
      build.onResolve({ filter: /^#/ }, async ({ path }) => {
        const { imports } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
          imports: Record<string, Record<'node' | 'default', string>>;
        };
        const platform = build.initialOptions.conditions?.includes('node') ? 'node' : 'default';
        return { path: join(folder, imports[path]?.[platform] ?? '') };
      });
    },
  };
}
