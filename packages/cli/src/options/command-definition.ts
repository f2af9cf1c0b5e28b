import { Command, CommanderError, Option } from 'commander';

import { CliError } from '../output/error.ts';

/** One option, as the help shows it. */
export interface OptionRow {
  /** The flags in commander's notation: `-X, --request <method>`. */
  readonly flags: string;
  readonly help: string;
  /** Reads a value; what the same option gave before comes with it. */
  readonly parse?: (value: string, previous: never) => unknown;
  /** The field that it fills. Several options can fill one, in their order. Default: by its name. */
  readonly as?: string;
}

/** Options under their heading in the help. */
export interface OptionGroup {
  readonly heading: string;
  readonly rows: readonly OptionRow[];
}

/** A command as data: what its help says, and what it does. */
export interface CommandDefinition {
  readonly name: string;
  /** For the list of commands. */
  readonly summary: string;
  readonly description: string;
  /** The arguments in commander's notation: `<url>`, `[words...]`. */
  readonly parameters: readonly (readonly [name: string, help: string])[];
  readonly options: readonly OptionGroup[];
  /** Comment and command line, at least one. */
  readonly examples: readonly (readonly [comment: string, line: string])[];
  /** @returns the exit status */
  readonly run: (words: readonly string[], options: never) => Promise<number>;
}

/** Makes a function that reads the words of a command line, and runs the command. */
export function commanderOf(
  definition: CommandDefinition,
): (argv: readonly string[]) => Promise<number> {
  const { name, description, parameters, options, examples, run } = definition;
  const command = new Command(`sigv4 ${name}`)
    .description(description)
    .helpOption('-h, --help', 'show this')
    .exitOverride()
    // Errors are printed in one place.
    .configureOutput({ writeErr: () => {} })
    .addHelpText('after', ['', 'Examples:', ...examples.map(exampleText)].join('\n'));
  for (const [parameter, help] of parameters) command.argument(parameter, help);
  for (const { heading, rows } of options) {
    for (const row of rows) command.addOption(optionOf(row).helpGroup(heading));
  }
  return async (argv) => {
    let status = 0;
    command.action(async () => {
      status = await run(command.args, command.opts<never>());
    });
    try {
      await command.parseAsync(argv, { from: 'user' });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      if (error.exitCode === 0) return 0;
      const said = error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');
      throw new CliError(said, `sigv4 ${name} --help shows what there is`);
    }
    return status;
  };
}

function exampleText([comment, line]: readonly [string, string]): string {
  return `  # ${comment}\n  ${line}\n`;
}

function optionOf({ flags, help, parse, as }: OptionRow): Option {
  const option = new Option(flags, help);
  if (parse) option.argParser(parse as (value: string, previous: unknown) => unknown);
  if (as !== undefined) option.attributeName = () => as;
  return option;
}

/** For options that can be given several times. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
