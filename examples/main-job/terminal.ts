import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { LocalAws } from '@sigv4/testing';

import type { Print } from './report.ts';
import { ORDER_SERVICE } from './two-accounts.ts';

/** The command, from its sources. */
const SIGV4 = fileURLToPath(import.meta.resolve('../../packages/cli/src/cli.ts'));

/**
 * Makes one call with the command `sigv4`, as somebody at a terminal would.
 *
 * @returns whether it went as it should
 */
export async function callFromTerminal(aws: LocalAws, print: Print): Promise<boolean> {
  const url = `${aws.apis['own']?.url ?? ''}/orders?customer=42`;
  const { accessKeyId, secretAccessKey } = aws.credentialsOf(ORDER_SERVICE);
  print('');
  print('The same from a terminal, where npx @sigv4/cli brings the command:');
  print(`  $ sigv4 '${url}'`);
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@sigv4/source', SIGV4, '--fail-with-body', url],
    {
      env: {
        PATH: process.env['PATH'],
        AWS_REGION: aws.region,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
      },
    },
  ).catch((error: Error & { stdout?: string; stderr?: string }) => ({
    stdout: error.stdout ?? '',
    stderr: error.stderr || error.message,
  }));
  print(`  ${stdout}${stderr}`);
  return stderr === '';
}
