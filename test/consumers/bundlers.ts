import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { build } from 'esbuild';

const TOOLCHAIN = join(import.meta.dirname, '../toolchains/bundlers/package.json');
const require = createRequire(TOOLCHAIN);

/** Makes one program of an entry and all that it imports, for Node. */
export type Bundler = (
  entry: string,
  outfile: string,
  format: 'cjs' | 'esm',
  externals: readonly string[],
) => Promise<void>;

/** What a bundle of ES modules needs if there is CommonJS in it, such as axios' own dependencies. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

export const BUNDLERS: Readonly<Record<string, Bundler>> = {
  esbuild: async (entry, outfile, format, externals) => {
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      minify: true,
      platform: 'node',
      format,
      external: externals.map((name) => `${name}/*`),
      ...(format === 'esm' && { banner: { js: REQUIRE } }),
      logLevel: 'silent',
    });
  },
  webpack: async (entry, outfile, format, externals) => {
    const webpack = require('webpack') as Webpack;
    const isModule = format === 'esm';
    await new Promise<void>((resolve, reject) => {
      webpack(
        {
          entry,
          mode: 'production',
          // The minifier takes most of the time.
          optimization: { minimize: false },
          target: 'node',
          output: {
            path: dirname(outfile),
            filename: outfile.slice(dirname(outfile).length + 1),
            library: { type: isModule ? 'module' : 'commonjs2' },
            module: isModule,
          },
          experiments: { outputModule: isModule },
          externalsType: isModule ? 'import' : 'commonjs',
          externals: externals.map((name) => new RegExp(`^${name}/`)),
        },
        (error, stats) => {
          const wrong =
            error ?? (stats?.hasErrors() ? new Error(stats.toString('errors-only')) : null);
          if (wrong === null) resolve();
          else reject(wrong);
        },
      );
    });
  },
  rollup: async (entry, outfile, format, externals) => {
    const { rollup } = require('rollup') as Rollup;
    const plugin = (name: string): ((options?: object) => unknown) =>
      (require(`@rollup/plugin-${name}`) as { default: (options?: object) => unknown }).default;
    const bundle = await rollup({
      input: entry,
      external: externals.map((name) => new RegExp(`^${name}/`)),
      plugins: [
        plugin('node-resolve')({ preferBuiltins: true, exportConditions: ['node'] }),
        plugin('commonjs')({ ignoreDynamicRequires: true }),
        plugin('json')(),
      ],
      onLog: () => {},
    });
    await bundle.write({ file: outfile, format, inlineDynamicImports: true });
    await bundle.close();
  },
  ncc: async (entry, outfile, _format, externals) => {
    const ncc = require('@vercel/ncc') as Ncc;
    const { code, assets } = await ncc(entry, {
      cache: false,
      quiet: true,
      externals: externals.map((name) => `/^${name}//`),
    });
    await mkdir(dirname(outfile), { recursive: true });
    await writeFile(outfile, code);
    for (const [name, { source }] of Object.entries(assets)) {
      await writeFile(join(dirname(outfile), name), source);
    }
  },
};

type Webpack = (
  options: object,
  done: (
    error: Error | null,
    stats?: { hasErrors(): boolean; toString(preset: string): string },
  ) => void,
) => void;
interface Rollup {
  readonly rollup: (
    options: object,
  ) => Promise<{ write(output: object): Promise<unknown>; close(): Promise<void> }>;
}
type Ncc = (
  entry: string,
  options: object,
) => Promise<{ code: string; assets: Readonly<Record<string, { source: string | Buffer }>> }>;
