import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

/** What a command line brought. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  /** Empty at a terminal, which shows both streams as one. */
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string | Uint8Array;
  /** Typed as soon as the terminal shows this text. */
  readonly type?: readonly [after: string, text: string];
  readonly cwd?: string;
}

/** util-linux's; that of macOS takes other options. It belongs to every Debian. */
export const HAS_SCRIPT: boolean = process.platform === 'linux' && existsSync('/usr/bin/script');

/** Runs a program with its streams as pipes. */
export async function piped(
  command: readonly string[],
  { env = {}, stdin, cwd }: RunOptions = {},
): Promise<Ran> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  // A program that does not read all of it may be gone already.
  child.stdin.on('error', () => {}).end(stdin);
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, ...texts };
}

/** Runs a program in a pseudo-terminal of 80 columns. */
export async function atTerminal(
  command: readonly string[],
  { env = {}, type, cwd }: RunOptions = {},
): Promise<Ran> {
  const line = `stty cols 80 2>/dev/null; exec ${command.map(quoted).join(' ')}`;
  const child = spawn('/usr/bin/script', ['-qefc', line, '/dev/null'], {
    cwd,
    env: { ...env, SHELL: '/bin/sh', TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let stdout = '';
  let isTyped = type === undefined;
  child.stdin.on('error', () => {});
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (isTyped || type === undefined || !stdout.includes(type[0])) return;
    isTyped = true;
    child.stdin.write(type[1]);
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout: stdout.replaceAll('\r\n', '\n'), stderr: '' };
}

export function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
