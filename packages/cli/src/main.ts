import { readFile } from 'node:fs/promises';

import { commanderOf } from './options/command-definition.ts';
import { CliError, printError } from './output/error.ts';
import { note } from './output/print.ts';
import { COMMANDS, REQUEST_COMMAND } from './usage.ts';

const HELP = `Calls IAM-protected APIs as if IAM were not there, and tells why a call was refused.

Usage: sigv4 [request] [options] [METHOD] URL
       sigv4 <command> [options]

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(14)}${summary}`).join('\n')}

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
  const [first = '--help', second] = argv;
  if (first === 'help' && second !== undefined) {
    if (COMMANDS.some(({ name }) => name === second)) return run([second, '--help']);
    throw new CliError(`there is no command ${JSON.stringify(second)}`, 'sigv4 --help shows all');
  }
  if (/^(?:-h|--help|help)$/.test(first)) {
    process.stdout.write(HELP);
    return 0;
  }
  if (/^(?:-V|--version)$/.test(first)) {
    process.stdout.write(`${await version()}\n`);
    return 0;
  }
  const named = COMMANDS.find(({ name }) => name === first);
  return named ? commanderOf(named)(argv.slice(1)) : commanderOf(REQUEST_COMMAND)(argv);
}

async function version(): Promise<string> {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
