import { execFile } from 'node:child_process';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, inject, test } from 'vitest';

import { startLocalAws, type LocalAws } from '@sigv4/testing';

import { BUNDLERS } from './bundlers.ts';
import { makeConsumer } from './packed.ts';

const run = promisify(execFile);
const ROLE = 'arn:aws:iam::222222222222:role/invoke';

let aws: LocalAws;
/** The function, once with `require` and once with `import`. */
let folder: string;
beforeAll(async () => {
  const Statement = { Effect: 'Allow', Action: '*', Resource: '*' } as const;
  const allow = { Version: '2012-10-17', Statement } as const;
  const trusted = {
    Effect: 'Allow',
    Principal: { AWS: '111111111111' },
    Action: 'sts:AssumeRole',
  } as const;
  aws = await startLocalAws({
    region: 'eu-west-1',
    accounts: {
      '111111111111': { users: { function: { policies: [allow] } } },
      '222222222222': {
        roles: {
          invoke: { trust: { ...allow, Statement: trusted }, policies: [allow] },
        },
      },
    },
    apis: {
      api: {
        account: '222222222222',
        routes: [{ method: 'ANY', path: '/echo', handler: ({ body }) => ({ body: { body } }) }],
      },
    },
  });
  folder = await makeConsumer(inject('packed'), { files: 'bundled', type: 'commonjs' });
  const required = await readFile(join(folder, 'function.cjs'), 'utf8');
  const imported = required
    .replaceAll(/^const (.*) = require\((.*)\);/gm, 'import $1 from $2;')
    .replace('exports.handler =', 'export const handler =');
  await writeFile(join(folder, 'function.mjs'), imported);
});
afterAll(async () => {
  await aws.close();
  await rm(folder, { recursive: true });
});

/** Calls the function in a bundle that nothing is installed for, as Lambda starts Node. */
async function call(bundle: string): Promise<unknown> {
  const { accessKeyId, secretAccessKey } = aws.credentialsOf(
    'arn:aws:iam::111111111111:user/function',
  );
  const script = `import(process.argv[1])
    .then(({ default: { handler } = {}, handler: named = handler }) => named())
    .then((said) => console.log(JSON.stringify(said)));`;
  const { stdout } = await run(
    process.execPath,
    ['--no-experimental-require-module', '-e', script, bundle],
    {
      cwd: '/',
      env: {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        API_URL: aws.apiUrl,
        STS_URL: aws.stsUrl,
        ROLE_ARN: ROLE,
      },
    },
  );
  return JSON.parse(stdout);
}

const SAID = ['{"a":"ü"}', 200, 'wrong-scope', { body: 'ü' }, 200, 200, true, true];

test.each(
  Object.keys(BUNDLERS).flatMap((name) =>
    (['cjs', 'esm'] as const).map((format) => [name, format] as const),
  ),
)('%s makes a bundle (%s) that runs', async (name, format) => {
  const ending = format === 'cjs' ? 'cjs' : 'mjs';
  const outfile = join(folder, 'out', `${name}-${format}`, `index.${ending}`);
  await BUNDLERS[name]?.(join(folder, `function.${ending}`), outfile, format, ['@aws-sdk']);
  expect(await call(outfile)).toEqual(SAID);
});

test.each(['cjs', 'mjs'])(
  'a bundle of function.%s has one copy of the signer and of axios',
  async (ending) => {
    const outfile = join(folder, 'out/one', `${ending}.cjs`);
    await BUNDLERS['esbuild']?.(join(folder, `function.${ending}`), outfile, 'cjs', ['@aws-sdk']);
    const code = await readFile(outfile, 'utf8');
    // What each says in one place only.
    for (const text of ['credentials: the provider returned', 'Request failed with status code']) {
      expect(code.split(text)).toHaveLength(2);
    }
  },
);

test('the sizes that the guide tells', async () => {
  const size = async (externals: readonly string[], ...exported: string[]): Promise<number> => {
    const entry = join(folder, 'sized.mjs');
    await writeFile(entry, exported.map((from) => `export ${from};`).join('\n'));
    const outfile = join(folder, 'out/sized.cjs');
    await BUNDLERS['esbuild']?.(entry, outfile, 'cjs', externals);
    return (await stat(outfile)).size;
  };
  const fetching = [
    "{ createSignedFetch } from '@sigv4/fetch'",
    "{ assumeRole } from '@sigv4/credentials'",
  ];
  const axios = "{ default } from 'axios'";
  const signing = "{ sigv4Interceptor } from '@sigv4/axios'";
  const sizes = [
    await size(['@aws-sdk'], ...fetching),
    await size([], ...fetching),
    (await size(['@aws-sdk'], axios, signing)) - (await size([], axios)),
  ];
  const guide = join(import.meta.dirname, '../../docs/guides/commonjs.md');
  const told = [...(await readFile(guide, 'utf8')).matchAll(/\| (\d+) kB *\|/g)];
  const rounded = sizes.map((bytes) => Math.round(bytes / 10_000) * 10);
  expect(rounded).toEqual(told.map(([, digits]) => Number(digits)));
});
