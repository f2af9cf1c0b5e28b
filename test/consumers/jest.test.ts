import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { makeConsumer } from './packed.ts';

const run = promisify(execFile);

interface Results {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
  }[];
}

describe.each(['29', '30'])('Jest %s', (major) => {
  let folder: string;
  beforeAll(async () => {
    folder = await makeConsumer(inject('packed'), {
      files: 'service',
      type: 'commonjs',
      toolchains: [`jest-${major}`],
    });
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('runs tests of a service as it comes, by ts-jest and babel-jest, and in jsdom', async () => {
    const { stdout } = await run(
      process.execPath,
      ['node_modules/jest/bin/jest.js', '--json', '--silent'],
      { cwd: folder, env: { PATH: process.env['PATH'] } },
    ).catch((failed: { stdout: string }) => failed);
    const { testResults } = JSON.parse(stdout) as Results;
    const failures = testResults.filter(({ status }) => status !== 'passed');
    expect(failures.map(({ message }) => message)).toEqual([]);
    const names = testResults.map(({ name }) => name.replace(/^.*\/(.*)\.test\..*$/, '$1'));
    expect(new Set(names)).toEqual(new Set(['ts-jest', 'babel-jest', 'jsdom', 'jsdom-of-node']));
  });
});
