import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { build, type BuildOptions } from 'esbuild';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

import type { LocalAws } from '@sigv4/testing';

import { environmentOf, startAccounts } from '../../examples/lambda-cross-account/accounts.ts';
import { NODES } from './nodes.ts';
import { makeConsumer } from './packed.ts';

const run = promisify(execFile);
const EXAMPLE = join(import.meta.dirname, '../../examples/lambda-cross-account/src');

/** What makes a function's bundle: SAM by the properties of the template, the others by their defaults. */
const BUNDLED_BY: Readonly<Record<string, BuildOptions>> = {
  SAM: {
    format: 'cjs',
    target: 'es2020',
    minify: true,
    sourcemap: false,
    external: ['@aws-sdk/*'],
  },
  CDK: {
    format: 'cjs',
    target: 'node20',
    external: ['@aws-sdk/*', '@smithy/*'],
  },
  'the Serverless Framework': {
    format: 'cjs',
    target: 'node20',
    sourcemap: 'linked',
    external: ['@aws-sdk/*'],
  },
};

let aws: LocalAws;
/** A project of the caller's, with the packages. */
let project: string;
/** Where bundles go; nothing is installed there. */
let elsewhere: string;
beforeAll(async () => {
  aws = await startAccounts();
  project = await makeConsumer(inject('packed'), { files: 'bundled', type: 'commonjs' });
  await cp(EXAMPLE, project, { recursive: true });
  elsewhere = await mkdtemp(join(tmpdir(), 'sigv4-lambda-'));
});
afterAll(async () => {
  await aws.close();
  for (const folder of [project, elsewhere]) await rm(folder, { recursive: true });
});

/** What Lambda's runtime does: it starts Node so, requires the handler once, and calls it. */
async function invoke(binary: string, task: string, skus: readonly string[]): Promise<unknown> {
  const bootstrap = `const { handler } = require(process.env.LAMBDA_TASK_ROOT + '/handler.cjs');
    (async () => {
      for (const sku of ${JSON.stringify(skus)}) console.log(JSON.stringify(await handler({ sku })));
    })();`;
  const { stdout } = await run(binary, ['--no-experimental-require-module', '-e', bootstrap], {
    cwd: task,
    env: { ...(await environmentOf(aws)), LAMBDA_TASK_ROOT: task },
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

const SKUS = ['hat', 'blue shoe/ü'];
const ANSWERS = SKUS.map((sku) => ({ sku, available: 3 }));

const RUNTIMES = NODES.filter(([, binary]) => existsSync(binary));

test.each(RUNTIMES)(
  'Node %s runs a CommonJS handler that is not bundled, on one session',
  async (_version, binary) => {
    const before = aws.requests.length;
    expect(await invoke(binary, project, SKUS)).toEqual(ANSWERS);
    const made = aws.requests.slice(before).map(({ action, api }) => action ?? api);
    // The first session is what Lambda has.
    expect(made).toEqual(['AssumeRole', 'AssumeRole', 'stock', 'stock']);
  },
);

test.each(
  Object.keys(BUNDLED_BY).flatMap((name) =>
    ['handler.cjs', 'handler.ts'].map((source) => [name, source] as const),
  ),
)('each Node runs a bundle that %s makes of %s', async (name, source) => {
  const task = join(elsewhere, `${name} ${source}`.replaceAll(/\W+/g, '-'));
  await mkdir(task);
  await build({
    ...BUNDLED_BY[name],
    entryPoints: [join(project, source)],
    outfile: join(task, 'handler.cjs'),
    bundle: true,
    platform: 'node',
    logLevel: 'silent',
  });
  for (const [, binary] of RUNTIMES) expect(await invoke(binary, task, SKUS)).toEqual(ANSWERS);
});
