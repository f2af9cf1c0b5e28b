import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { NODES } from './nodes.ts';
import { makeConsumer } from './packed.ts';

const run = promisify(execFile);
/** AWS Lambda starts Node with this. */
const LAMBDA = '--no-experimental-require-module';

let folder: string;
beforeAll(async () => {
  folder = await makeConsumer(inject('packed'), {
    files: 'service',
    type: 'commonjs',
    installed: { '@smithy/signature-v4': 'test/node_modules/@smithy/signature-v4' },
  });
});
afterAll(() => rm(folder, { recursive: true }));

/** What the service prints, without the environment of the tests. */
async function said(binary: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run(binary, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
  });
  expect(stderr).toBe('');
  return stdout.trim();
}

interface Observed {
  readonly own: unknown;
  /** What calls came to, unsigned and signed. */
  readonly pairs: Readonly<Record<string, readonly [Outcomes, Outcomes]>>;
}
type Outcomes = Readonly<Record<string, unknown>>;

describe.each(NODES.filter(([, binary]) => existsSync(binary)))('Node %s', (_version, binary) => {
  test.each([[[]], [[LAMBDA]]])(
    'with %j a service sees of signed calls what it sees of unsigned ones',
    async (flags) => {
      const printed = await said(binary, [...flags, 'service.js']);
      const { own, pairs } = JSON.parse(printed) as Observed;
      expect(own).toEqual({
        insecure: [true, 'ERR_SIGV4_INSECURE'],
        denied: [true, 'AccessDenied'],
        refused: [true, 'wrong-scope'],
        renewed: 200,
        signed: 'AWS4-HMAC-SHA256',
      });
      expect(Object.keys(pairs)).toEqual(['http', 'fetch', 'globalFetch']);
      for (const [unsigned, signed] of Object.values(pairs)) expect(signed).toEqual(unsigned);
      const canceled = { axios: true, canceled: true, code: 'ERR_CANCELED' };
      expect(pairs['http']?.[1]).toMatchObject({
        gone: { axios: true, canceled: false, status: 410 },
        nowhere: { axios: true, code: 'ECONNREFUSED' },
        aborted: canceled,
        dropped: true,
      });
      expect(pairs['fetch']?.[1]).toMatchObject({ aborted: canceled, dropped: true });
    },
  );

  test('both copies of each package work with one another', async () => {
    expect(await said(binary, ['mixed.mjs'])).toBe('all holds');
  });

  test('every entry point can be required, except those of ES modules only', async () => {
    const script = `for (const name of ${JSON.stringify(ENTRIES)}) {
      if (Object.keys(require(name)).length === 0 && !name.endsWith('/config')) throw new Error(name);
    }`;
    expect(await said(binary, [LAMBDA, '-e', script])).toBe('');
  });
});

const ENTRIES = [
  '@sigv4/axios',
  '@sigv4/axios/config',
  '@sigv4/credentials',
  '@sigv4/fetch',
  '@sigv4/signer',
  '@sigv4/signer/client',
  '@sigv4/signer/sigv4a',
  '@sigv4/signer/smithy',
  '@sigv4/testing',
  '@sigv4/testing/matchers',
];
