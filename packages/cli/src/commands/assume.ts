import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { createInterface } from 'node:readline/promises';

import { assumeRole } from '@sigv4/credentials';
import type { Credentials } from '@sigv4/signer';

import { findCaller, stsOptions, useProfile } from '../credentials/caller.ts';
import { findRegion } from '../credentials/region.ts';
import { refuseTogether } from '../options/exclusive.ts';
import type { CallerOptions, OutputOptions } from '../options/shared-options.ts';
import { CliError } from '../output/error.ts';
import { note, print, printJson } from '../output/print.ts';
import { shellWord } from '../output/shell.ts';
import { moment } from '../output/time.ts';

interface AssumeOptions extends CallerOptions, OutputOptions {
  readonly mfa?: string;
  readonly mfaCode?: string;
  readonly duration?: number;
  readonly export?: true;
  readonly credentialProcess?: true;
}

/** What `sigv4 assume` does. */
export async function assume(words: readonly string[], options: AssumeOptions): Promise<number> {
  const [roleArn = '', ...command] = words;
  refuseTogether(
    options.export && '--export',
    options.credentialProcess && '--credential-process',
    options.output === 'json' && '--output json',
    command.length > 0 && 'a command',
  );
  useProfile(options);
  const region = await findRegion(options.region);
  // The external id is what this role asks for, and not those on the way to it.
  const { externalId, sessionName, ...rest } = options;
  const named = rest.roleArn && sessionName !== undefined && { sessionName };
  const caller = await findCaller({ ...rest, ...named }, region?.name);
  const credentials = await assumeRole({
    roleArn,
    source: caller.credentials,
    externalId,
    roleSessionName: sessionName,
    durationSeconds: options.duration,
    ...mfa(options),
    ...stsOptions(options, region?.name),
  })();
  if (options.credentialProcess) return printForProcess(credentials);
  const variables = variablesOf(credentials, region?.name);
  if (options.export) return printExports(variables);
  if (command.length > 0) return runIn(command, variables);
  const { expiration = new Date(Number.NaN) } = credentials;
  if (options.output === 'json')
    printJson({ roleArn, expiration, accessKeyId: credentials.accessKeyId });
  else {
    print(`Assumed ${roleArn}; the session ends ${moment(expiration)}.`);
    note('Nothing runs in it yet: add -- and a command, --export, or --credential-process.');
  }
  return 0;
}

function mfa({ mfa: serialNumber, mfaCode }: AssumeOptions): object {
  if (serialNumber === undefined) {
    if (mfaCode === undefined) return {};
    throw new CliError('--mfa-code: there is no device', 'name the device with --mfa');
  }
  return { serialNumber, tokenCode: mfaCode ?? (() => askForCode(serialNumber)) };
}

async function askForCode(device: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new CliError(
      'the code of the MFA device is needed',
      'run this at a terminal, or give the code with --mfa-code',
    );
  }
  // stdout is for the result.
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`Code of ${device}: `)).trim();
  } finally {
    terminal.close();
  }
}

type Variables = Readonly<Record<string, string>>;

function variablesOf(credentials: Credentials, region: string | undefined): Variables {
  const { accessKeyId, secretAccessKey, sessionToken = '', expiration } = credentials;
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    ...(expiration && { AWS_CREDENTIAL_EXPIRATION: expiration.toISOString() }),
    // Some programs read only the one, and some only the other.
    ...(region !== undefined && { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
  };
}

/** What would go before the variables of a session, or belongs to the session before it. */
const STALE = [
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_SECURITY_TOKEN',
  'AWS_ACCOUNT_ID',
  'AWS_CREDENTIAL_SCOPE',
];

function printExports(variables: Variables): number {
  note('These lines hold the secret key and the token of the session.');
  for (const [name, value] of Object.entries(variables))
    print(`export ${name}=${shellWord(value)}`);
  print(`unset ${STALE.join(' ')}`);
  return 0;
}

/** @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
function printForProcess({
  accessKeyId,
  secretAccessKey,
  sessionToken,
  expiration,
}: Credentials): number {
  if (process.stdout.isTTY) note('This holds the secret key and the token of the session.');
  printJson({
    Version: 1,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: expiration?.toISOString(),
  });
  return 0;
}

/** @returns the exit status of the command, as a shell gives it */
async function runIn(
  [program = '', ...args]: readonly string[],
  variables: Variables,
): Promise<number> {
  const env = { ...process.env, ...variables };
  for (const name of STALE) delete env[name];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env });
    // The command decides what becomes of them. A terminal sends Ctrl-C to it as well, and many
    // programs give up at once at the second one.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
      });
    }
    child.on('error', ({ message }) =>
      reject(new CliError(`${program} cannot be run: ${message}`, 'check its name and the PATH')),
    );
    child.on('exit', (status, signal) => {
      resolve(status ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 15));
    });
  });
}
