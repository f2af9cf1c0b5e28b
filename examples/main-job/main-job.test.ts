import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import type { LocalAws } from '@sigv4/testing';

import { runMainJob } from './main-job.ts';
import { INTERN, startTwoAccounts } from './two-accounts.ts';

const run = promisify(execFile);

test('the whole of it, as npm start runs it: every call as it should be, no colours in a pipe', async () => {
  const { stdout } = await run(process.execPath, ['--conditions=@sigv4/source', 'main.ts'], {
    cwd: import.meta.dirname,
  });
  const lines = stdout.split('\n');
  expect(lines.filter((line) => /^✓ (?:axios|fetch|ky) /.test(line))).toHaveLength(21);
  expect(stdout).toContain('1 STS call');
  expect(stdout).toContain('All 21 calls went as they should.');
  expect(stdout).toMatch(
    /\n {2}\$ sigv4 'http:\/\/127\.0\.0\.1:\d+\/prod\/orders\?customer=42'\n {2}\{"found":\[\],"customer":"42"\}\n$/,
  );
  expect(stdout).not.toContain('✗');
  expect(stdout).not.toContain('\u001B[');
  for (const reason of [
    'Missing Authentication Token',
    'does not match the signature you provided',
    'user/intern is not authorized to perform: execute-api:Invoke',
    // In the words of the signer.
    'What arrived is not what was signed',
    'intern may not execute-api:Invoke',
  ]) {
    expect(stdout).toContain(reason);
  }
});

test.each<[string, (aws: LocalAws) => Partial<LocalAws>, RegExp]>([
  [
    'a caller who is refused',
    (aws) => ({ credentialsOf: () => aws.credentialsOf(INTERN) }),
    /^ {2}axios, own, GET .*: expected 200, got 403 \(User: .*intern is not authorized/m,
  ],
  [
    'no answer at all',
    (aws) => ({ credentialsOf: () => aws.credentialsOf(INTERN) }),
    /^ {2}ky, partner, POST .*: expected 201, got 0 \(CredentialsError: assumeRole /m,
  ],
  [
    'a wrong number of STS calls',
    () => ({ forgetSessions: () => {} }),
    /^ {2}one session more: 3 STS calls/m,
  ],
])('%s is told, and the verdict is no', async (_name, change, fault) => {
  await using aws = await startTwoAccounts();
  const lines: string[] = [];
  const right = await runMainJob({ ...aws, ...change(aws) }, (line) => lines.push(line));
  const [, faults] = lines.join('\n').split('not as it should be:');
  expect(right).toBe(false);
  expect(lines.join('\n')).toContain('✗ ');
  expect(faults).toMatch(fault);
});
