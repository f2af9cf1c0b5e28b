import { readFile } from 'node:fs/promises';

import { commanderOf, type CommandDefinition } from './options/command-definition.ts';
import { printError } from './output/error.ts';
import { note } from './output/print.ts';

/** What `sigv4 --help` lists. Only the chosen command is loaded. */
const COMMANDS: Readonly<
  Record<string, { readonly summary: string; readonly load: () => Promise<CommandDefinition> }>
> = {
  request: {
    summary: 'call an API; the word "request" can be left out',
    load: async () => (await import('./commands/request.ts')).request,
  },
  explain: {
    summary: 'tell why AWS refused a request, by an answer that was kept',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  doctor: {
    summary: 'find out, step by step, why a call is refused',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  presign: {
    summary: 'make a URL that works for a while',
    load: async () => (await import('./commands/presign.ts')).presign,
  },
  'presign-post': {
    summary: 'make a form for uploads to S3',
    load: async () => (await import('./commands/presign-post.ts')).presignPost,
  },
  sign: {
    summary: 'print the signed headers, a curl line, or what was signed',
    load: async () => (await import('./commands/sign.ts')).sign,
  },
  whoami: {
    summary: 'tell account, ARN, region, and where the credentials came from',
    load: async () => (await import('./commands/whoami.ts')).whoami,
  },
  assume: {
    summary: 'assume a role, and run a command in it',
    load: async () => (await import('./commands/assume.ts')).assume,
  },
};

const HELP = `Calls IAM-protected APIs as if IAM were not there, and tells why a call was refused.

Usage: sigv4 [request] [options] [METHOD] URL
       sigv4 <command> [options]

Commands:
${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(14)}${summary}`)
  .join('\n')}

Options:
  -h, --help      what a command does, its options, and examples: sigv4 presign --help
  -V, --version   the version

Examples:
  # Call an API of API Gateway; its host name tells service and region.
  sigv4 https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders

  # Send JSON, in a role of another account.
  sigv4 --role-arn arn:aws:iam::222222222222:role/stock-invoke --json '{"sku":"hat"}' https://…

  # Find out why it is refused.
  sigv4 doctor https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders
`;

/**
 * Runs one command line.
 *
 * @param argv the words after `sigv4`
 * @returns the exit status: 22 for an HTTP error with --fail, 1 for an error of ours, else 0
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await run(argv);
  } catch (error) {
    const status = printError(error, argv.includes('--debug'));
    // A role that could not be assumed: what is missing is more than a line.
    if ((error as Error | undefined)?.name === 'CredentialsError') {
      const { missingText } = await import('./refusal/sts-denial.ts');
      const missing = await missingText(error);
      if (missing !== undefined) note(`\n${missing}`);
    }
    return status;
  }
}

async function run(argv: readonly string[]): Promise<number> {
  const [first = '--help', ...rest] = argv;
  if (first === 'help' && Object.hasOwn(COMMANDS, rest[0] ?? '')) return run([...rest, '--help']);
  if (/^(?:-h|--help|help)$/.test(first)) {
    process.stdout.write(HELP);
    return 0;
  }
  if (/^(?:-V|--version)$/.test(first)) {
    process.stdout.write(`${await version()}\n`);
    return 0;
  }
  const isNamed = Object.hasOwn(COMMANDS, first);
  const definition = await COMMANDS[isNamed ? first : 'request']?.load();
  if (definition === undefined) return 1;
  return commanderOf(definition)(isNamed ? rest : argv);
}

async function version(): Promise<string> {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
