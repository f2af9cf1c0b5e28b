/** An error of ours: one line that says what is wrong and what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';

  /** @param remedy what to do; it becomes part of the line */
  constructor(problem: string, remedy: string, options?: ErrorOptions) {
    super(`${problem.replace(/[.\s]+$/, '')}. ${capital(remedy)}.`, options);
  }
}

/** Errors of our packages speak of options in code; here they are flags. */
const IN_WORDS_OF_FLAGS: readonly (readonly [RegExp, string])[] = [
  [/^(service|region): /, '--$1: '],
  [/^expiresIn: .*got (.*)/, '--expires: expected a time from 1s to 7d, such as 15m, got $1 s'],
  [/^(?:assumeRole: )?roleArn: /, 'role: '],
  [/^(?:assumeRole: )?roleSessionName: /, '--session-name: '],
  [/^(?:assumeRole: )?externalId: /, '--external-id: '],
  [/^(?:assumeRole: )?serialNumber: /, '--mfa: '],
  [
    /^(?:assumeRole: )?durationSeconds: .*got (.*)/,
    '--duration: expected a time from 15m to 12h, got $1 s',
  ],
  [/^(?:assumeRole: )?endpoint: /, '--endpoint-sts: '],
  [/^defaultCredentials: n/, 'N'],
  [/^defaultCredentials: /, ''],
  [/, or set allowInsecureHttp: true/, ''],
  [/ in the options(?:, for example \{[^}]*\})?/, ' with --region or --service'],
  [/, run where a role is attached, or pass `credentials`/, ', or run where a role is attached'],
  [/name a profile in AWS_PROFILE/, 'name a profile with --profile'],
  [/ Use a provider that renews them[^.]*\./, ''],
  [/ with that of sign\(\)/, ' with that of sigv4 sign --canonical'],
  [/`source`/g, 'the caller'],
  [/`serialNumber`/g, '--mfa'],
  [/`tokenCode` gives/g, 'what you typed is'],
  [/`externalId`/g, 'external id'],
  [/`attemptTimeout`/g, 'the time limit'],
];

/** The systems' codes, where a person would ask what they mean. */
const OF_THE_NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; check host and port',
  ENOTFOUND: 'there is no host of that name; check it, or the network',
  EAI_AGAIN: 'the name of the host could not be looked up; check the network',
  ETIMEDOUT: 'no answer in time; check the network, or a VPN',
  ECONNRESET: 'the connection broke; try again',
  EPROTO: 'the other side does not speak TLS; check the scheme and the port',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its certificate is signed by nobody known; name its authority with --cacert',
  SELF_SIGNED_CERT_IN_CHAIN: 'the authority of its certificate is not known; name it with --cacert',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the authority of its certificate is not known; name it with --cacert',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'the authority of its certificate is not known; name it with --cacert',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host; check the name in the URL',
  CERT_HAS_EXPIRED: 'its certificate has expired; check the clock of this machine',
};

/**
 * Prints an error: one line with the remedy, and with --debug the stack as well.
 *
 * @returns the exit status
 */
export function printError(error: unknown, debug: boolean): number {
  process.stderr.write(`sigv4: ${lineOf(error)}\n`);
  if (debug) process.stderr.write(`${stackOf(error)}\n`);
  return 1;
}

/** An error in one line. */
export function lineOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  let line = inWordsOfFlags(messageOf(error));
  const meaning = Object.hasOwn(OF_THE_NETWORK, code ?? '')
    ? OF_THE_NETWORK[code ?? '']
    : undefined;
  if (meaning !== undefined) line = `${line}: ${meaning}`;
  return line.replaceAll(/\s*[\r\n]+\s*/g, ' ');
}

/** What our packages say of options in code, said of flags. */
export function inWordsOfFlags(text: string): string {
  let words = text;
  for (const [pattern, replacement] of IN_WORDS_OF_FLAGS)
    words = words.replace(pattern, replacement);
  return words;
}

/** Node tries all addresses of a host, and then throws an error that has no message of its own. */
function messageOf(error: Error): string {
  if (error.message !== '') return error.message;
  const [first] = error instanceof AggregateError ? (error.errors as Error[]) : [];
  return first?.message ?? error.name;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const causes = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? ''}${causes}`;
}

function capital(text: string): string {
  return text.startsWith('sigv4 ') ? text : text.charAt(0).toUpperCase() + text.slice(1);
}
