import { CliError } from '../output/error.ts';
import { collect, type OptionGroup } from './command-definition.ts';

/** Who calls. */
export interface CallerOptions {
  readonly profile?: string;
  readonly region?: string;
  /** A chain: each is assumed with the session of the one before. */
  readonly roleArn?: readonly string[];
  readonly externalId?: string;
  readonly sessionName?: string;
  readonly endpointSts?: string;
}

/** How a request is signed. */
export interface SigningOptions {
  readonly service?: string;
  readonly query?: true;
  readonly sigv4a?: true;
}

/** What is printed, and how. */
export interface OutputOptions {
  readonly output?: 'text' | 'json';
  readonly debug?: true;
}

export const CALLER: OptionGroup = {
  heading: 'Who calls:',
  rows: [
    { flags: '--profile <name>', help: 'profile of ~/.aws/config (default: AWS_PROFILE)' },
    {
      flags: '--region <name>',
      help: "default: from the host name, AWS_REGION, the profile's own",
    },
    {
      flags: '--role-arn <arn>',
      help: 'assume this role first; give it again for a chain of roles',
      parse: collect,
    },
    { flags: '--external-id <id>', help: 'what the trust policy of the last role asks for' },
    { flags: '--session-name <name>', help: 'what CloudTrail shows of the roles' },
    { flags: '--endpoint-sts <url>', help: 'another STS (default: AWS_ENDPOINT_URL_STS)' },
  ],
};

export const SIGNING: OptionGroup = {
  heading: 'How it is signed:',
  rows: [
    {
      flags: '--service <name>',
      help: 'signing name (default: from the host name, else execute-api)',
    },
    { flags: '--query', help: 'put the signature into the URL' },
    { flags: '--sigv4a', help: 'sign for all regions that --region names, such as "*"' },
  ],
};

export const OUTPUT: OptionGroup = {
  heading: 'Output:',
  rows: [
    { flags: '--output <format>', help: 'text or json (default: text)', parse: format },
    { flags: '--debug', help: 'show the stack of an error too' },
  ],
};

function format(value: string): string {
  if (value === 'text' || value === 'json') return value;
  throw new CliError(
    `--output: expected text or json, got ${JSON.stringify(value)}`,
    'to write the body of the answer to a file, use -o',
  );
}
