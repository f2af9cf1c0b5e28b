// Makes each package's dist/*.js of its sources: a file for each entry point, one for what every
// program loads, and one for each whole station that most programs never need (what reads
// rejections, the table of AWS's hosts), which the sources import dynamically. Entry points share
// what they have in common, so `instanceof` holds, and state is kept once. Declarations are made by
// tsc.
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

import { rolldown } from 'rolldown';

const PACKAGES = join(import.meta.dirname, 'packages');

interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly imports?: Readonly<Record<string, Readonly<Record<'node' | 'default', string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
}

/** Node has files of its own in some packages; everywhere else the default ones are used. */
const PLATFORMS = ['node', 'default'] as const;

for (const name of await readdir(PACKAGES)) await buildPackage(join(PACKAGES, name));
await printSizes();

async function buildPackage(folder: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
  for (const file of await readdir(join(folder, 'dist'), { recursive: true })) {
    if (/\.js(?:\.map)?$/.test(file)) await rm(join(folder, 'dist', file));
  }
  for (const platform of PLATFORMS) {
    const entries = entriesOf(manifest, platform);
    if (Object.keys(entries).length === 0) continue;
    const own = (path: string): string => join(folder, manifest.imports?.[path]?.[platform] ?? '');
    // Each file that a program loads at its start costs it half a millisecond or more.
    const names = Object.keys(entries);
    const first = names.find((name) => /(?:^|\/)client$/.test(name)) ?? names[0];
    const start = (first && entries[first]) ?? '';
    const shared = await staticImports(join(folder, start), own);
    const bundle = await rolldown({
      cwd: folder,
      input: entries,
      platform: 'neutral',
      // What package.json names as a dependency stays an import.
      external: (id) => /^(?:node:|[a-z@])/.test(id) && !id.startsWith('/'),
      plugins: [
        {
          name: 'own-imports',
          // `#hash` is the platform's own.
          resolveId: (id) => (id.startsWith('#') ? own(id) : null),
        },
      ],
    });
    await bundle.write({
      dir: 'dist',
      format: 'esm',
      sourcemap: true,
      comments: false,
      chunkFileNames: `${platform === 'node' && hasDefault(manifest) ? 'node/' : ''}[name]-[hash].js`,
      codeSplitting: {
        groups:
          Object.keys(entries).length === 1 ? [] : [{ name: 'core', test: (id) => shared.has(id) }],
      },
    });
    await bundle.close();
  }
}

function hasDefault(manifest: Manifest): boolean {
  return Object.keys(entriesOf(manifest, 'default')).length > 0;
}

/** Paths below dist, without their ending → sources. */
function entriesOf(
  { exports, bin = {} }: Manifest,
  platform: 'node' | 'default',
): Record<string, string> {
  const entries: Record<string, string> = {};
  const add = (output: string | undefined, source: string | undefined): void => {
    if (output?.endsWith('.js') && source?.endsWith('.ts')) {
      entries[relative('./dist', output).replace(/\.js$/, '')] = source;
    }
  };
  for (const target of Object.values(exports)) {
    if (typeof target === 'string') continue;
    add(target[platform], target['@sigv4/source']);
  }
  for (const output of platform === 'default' ? Object.values(bin) : []) {
    add(output, output.replace('dist/', 'src/').replace(/\.js$/, '.ts'));
  }
  return entries;
}

/** A file, and all that it imports by itself, not dynamically and not as types. */
async function staticImports(
  file: string,
  own: (path: string) => string,
  found: Set<string> = new Set(),
): Promise<ReadonlySet<string>> {
  if (found.has(file)) return found;
  found.add(file);
  const text = await readFile(file, 'utf8');
  const imports = text.matchAll(/^(?:import|export)\b(?! type\b)[^;'"]*\bfrom '([.#][^']*)'/gm);
  for (const [, path = ''] of imports) {
    await staticImports(path.startsWith('#') ? own(path) : join(dirname(file), path), own, found);
  }
  return found;
}

/** How much `@sigv4/fetch` ships to a page that gives its credentials. */
async function printSizes(): Promise<void> {
  const sizes = await Promise.all([sizeOf(true), sizeOf(false)]);
  const [first = 0, all = 0] = sizes.map((bytes) => (bytes / 1000).toFixed(1));
  console.log(`@sigv4/fetch, minified and gzipped: first chunk ${first} kB, as one file ${all} kB`);
}

/** @param codeSplitting as most bundlers do; without it, all that is loaded later is in one file */
async function sizeOf(codeSplitting: boolean): Promise<number> {
  const bundle = await rolldown({
    input: join(PACKAGES, 'fetch/dist/index.js'),
    platform: 'browser',
    // A program that gives its credentials does not load this package.
    external: ['@sigv4/credentials'],
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true, codeSplitting });
  await bundle.close();
  const first = output.find((file) => file.type === 'chunk' && file.isEntry);
  if (first?.type !== 'chunk') return 0;
  const loaded = new Set([first.fileName, ...first.imports]);
  const code = output.map((file) =>
    file.type === 'chunk' && loaded.has(file.fileName) ? file.code : '',
  );
  return gzipSync(code.join(''), { level: 9 }).length;
}
