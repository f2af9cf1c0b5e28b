import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** This process's, without what the tests set for the sources, and without what pnpm and npm set for their scripts. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(?:NODE_OPTIONS|NODE_ENV|VITEST.*|AWS_.*|GITHUB_.*|npm_.*|pnpm_.*|INIT_CWD)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/**
 * Runs a program as a person would in a shell of their own.
 *
 * @returns what it wrote to its standard output
 * @throws {Error} with all that it wrote, if it fails
 */
export async function command(
  [program = '', ...args]: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  try {
    const options = { cwd, env: { ...ownEnvironment(), ...env }, maxBuffer: 1e8 };
    return (await promisify(execFile)(program, args, options)).stdout;
  } catch (error) {
    const { stdout, stderr, message } = error as Error & { stdout: string; stderr: string };
    throw new Error(`${message}\n${stdout}\n${stderr}`, { cause: error });
  }
}
