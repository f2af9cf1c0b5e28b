import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a program, and gives what it wrote. What it says on its standard error is shown. */
export async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(program, args, { cwd });
  if (stderr !== '') process.stderr.write(stderr);
  return stdout;
}
