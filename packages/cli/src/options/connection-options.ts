import { CliError } from '../output/error.ts';
import type { OptionGroup } from './command-definition.ts';

/** How requests get to their host, by curl's names. */
export interface ConnectionOptions {
  readonly insecure?: true;
  readonly cacert?: string;
  readonly connectTo?: string;
  readonly compressed?: true;
  readonly maxTime?: number;
}

export const CONNECTION: OptionGroup = {
  heading: 'The connection:',
  rows: [
    { flags: '-m, --max-time <seconds>', help: 'give up after that', parse: seconds },
    { flags: '--compressed', help: 'ask for a compressed answer, and decode it' },
    { flags: '--cacert <file>', help: 'authority of the certificate, as PEM' },
    { flags: '-k, --insecure', help: 'do not check the certificate (this machine only)' },
    {
      flags: '--connect-to <rule>',
      help: 'HOST1:PORT1:HOST2:PORT2, as with curl; parts can be empty',
    },
  ],
};

function seconds(value: string): number {
  const number = Number(value);
  if (number > 0 && number <= 86_400) return number;
  throw new CliError(
    `--max-time: expected seconds, got ${JSON.stringify(value)}`,
    'give a number such as 10 or 0.5',
  );
}
