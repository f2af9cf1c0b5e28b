import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, describe, expect, test } from 'vitest';

import { readConfig } from '../../packages/testing/src/harness/cli-config.ts';

const README = join(import.meta.dirname, '../../packages/testing/README.md');
const text = readFileSync(README, 'utf8');
// Within this package, so that its dependencies are found.
const folder = mkdtempSync(join(import.meta.dirname, '.readme-'));
afterAll(() => rmSync(folder, { recursive: true }));

const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = '']) => block);
const tests = blocks.filter((block) => block.includes("from 'vitest'"));

test('there is an example with servers, and one with MSW', () => {
  for (const client of ['@sigv4/testing', 'msw']) {
    expect(tests.some((block) => block.includes(`from '${client}'`))).toBe(true);
  }
});

// The examples are tests themselves: they run as a part of this one.
for (const [at, block] of tests.entries()) {
  const file = join(folder, `example-${at + 1}.ts`);
  writeFileSync(file, block);
  describe(`example ${at + 1}`, async () => {
    await import(file);
  });
}

test('what is no test runs too', async () => {
  const others = blocks.filter((block) => !tests.includes(block));
  expect(others).toHaveLength(5);
  for (const [at, block] of others.entries()) {
    const file = join(folder, `other-${at + 1}.mjs`);
    writeFileSync(file, block);
    await promisify(execFile)(process.execPath, [file], { timeout: 20_000 });
  }
}, 30_000);

test('the JSON of the command line is one', () => {
  const [, json = ''] = /^```json\n(.*?)^```$/ms.exec(text) ?? [];
  expect(Object.keys(readConfig(json).apis ?? {})).toEqual(['orders']);
});
