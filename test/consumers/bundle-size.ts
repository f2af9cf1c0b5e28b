import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

export interface BundleSize {
  readonly bytes: number;
  readonly gzipped: number;
  /** Minified. */
  readonly code: string;
}

/**
 * What a page loads at once for a module: minified, without what is imported dynamically.
 *
 * @param contents of the module
 */
export async function bundleSize(contents: string, resolveDir: string): Promise<BundleSize> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir, sourcefile: 'entry.js' },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    minify: true,
    splitting: true,
    outdir: 'out',
    write: false,
    metafile: true,
  });
  const outputs = Object.entries(metafile.outputs);
  const entry = outputs.find(([, { entryPoint }]) => entryPoint?.endsWith('entry.js'))?.[0] ?? '';
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { kind, path: imported } of metafile.outputs[path]?.imports ?? []) {
      if (kind === 'import-statement') load(imported);
    }
  };
  load(entry);
  const files = outputFiles.filter(({ path }) => [...loaded].some((name) => path.endsWith(name)));
  const code = Buffer.concat(files.map(({ contents: file }) => file));
  return {
    code: code.toString(),
    bytes: code.length,
    gzipped: gzipSync(code, { level: 9 }).length,
  };
}
