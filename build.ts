// Makes each package's dist/*.js of its sources: a file for each entry point, one for what every
// program loads, and one for each whole station that most programs never need (what reads
// rejections, the table of AWS's hosts), which the sources import dynamically. Entry points share
// what they have in common, so `instanceof` holds, and state is kept once. Declarations are made by
// tsc.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

import { rolldown } from 'rolldown';

const PACKAGES = join(import.meta.dirname, 'packages');

/** What an entry of `exports` names for one condition: a file, or a file for each of its conditions. */
type Target = string | { readonly [condition: string]: Target };

interface Manifest {
  readonly exports: Readonly<Record<string, Target>>;
  readonly imports?: Readonly<Record<string, Readonly<Record<'node' | 'default', string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
}

/** A package is built once for each of these for which its `exports` names files. */
interface Build {
  /** The conditions that lead to its files in `exports`. */
  readonly conditions: readonly string[];
  /** Node has files of its own in some packages; everywhere else the default ones are used. */
  readonly platform: 'node' | 'default';
  readonly format: 'esm' | 'cjs';
}

const BUILDS: readonly Build[] = [
  { conditions: ['node'], platform: 'node', format: 'esm' },
  { conditions: ['default'], platform: 'default', format: 'esm' },
  // Bundlers for the web have the condition `module` or `worker`, which leads them elsewhere.
  { conditions: ['require', 'default'], platform: 'node', format: 'cjs' },
];

for (const name of await readdir(PACKAGES)) await buildPackage(join(PACKAGES, name));
await printSizes();

async function buildPackage(folder: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
  await rm(join(folder, 'dist/cjs'), { recursive: true, force: true });
  for (const file of await readdir(join(folder, 'dist'), { recursive: true })) {
    if (/\.js(?:\.map)?$/.test(file)) await rm(join(folder, 'dist', file));
  }
  for (const build of BUILDS) await buildEntries(folder, manifest, build);
  if (Object.keys(entriesOf(manifest, ['require', 'default'])).length > 0) {
    await copyDeclarations(join(folder, 'dist'));
  }
}

async function buildEntries(
  folder: string,
  manifest: Manifest,
  { conditions, platform, format }: Build,
): Promise<void> {
  const entries = entriesOf(manifest, conditions);
  const names = Object.keys(entries);
  if (names.length === 0) return;
  const own = (path: string): string => join(folder, manifest.imports?.[path]?.[platform] ?? '');
  // Each file that a program loads at its start costs it half a millisecond or more.
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
    format,
    // CommonJS gets at the CommonJS twins only, so that a program has one copy of everything.
    dynamicImportInCjs: false,
    esModule: true,
    sourcemap: true,
    comments: false,
    chunkFileNames: `${names[0]?.replace(/[^/]*$/, '')}[name]-[hash].js`,
    codeSplitting: {
      groups: names.length === 1 ? [] : [{ name: 'core', test: (id) => shared.has(id) }],
    },
  });
  await bundle.close();
}

/** TypeScript takes a declaration for CommonJS only if a package.json beside it says so. */
async function copyDeclarations(dist: string): Promise<void> {
  const files = await readdir(dist, { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.d.ts'))) {
    const declarations = await readFile(join(dist, file), 'utf8');
    await mkdir(dirname(join(dist, 'cjs', file)), { recursive: true });
    // The source map leads from where the declarations were.
    const copy = declarations.replace(/^\/\/# sourceMappingURL=.*$/m, '');
    await writeFile(join(dist, 'cjs', file), copy);
  }
  await writeFile(join(dist, 'cjs/package.json'), '{ "type": "commonjs" }\n');
}

/** Paths below dist, without their ending → sources. */
function entriesOf(
  { exports, bin = {} }: Manifest,
  conditions: readonly string[],
): Record<string, string> {
  const entries: Record<string, string> = {};
  const add = (output: Target | undefined, source: Target | undefined): void => {
    if (typeof output !== 'string' || typeof source !== 'string') return;
    if (output.endsWith('.js') && source.endsWith('.ts')) {
      entries[relative('./dist', output).replace(/\.js$/, '')] = source;
    }
  };
  for (const target of Object.values(exports)) {
    add(conditions.reduce<Target | undefined>(at, target), at(target, '@sigv4/source'));
  }
  for (const output of conditions[0] === 'default' ? Object.values(bin) : []) {
    add(output, output.replace('dist/', 'src/').replace(/\.js$/, '.ts'));
  }
  return entries;
}

function at(target: Target | undefined, condition: string): Target | undefined {
  return typeof target === 'object' ? target[condition] : undefined;
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
