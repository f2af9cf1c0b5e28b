import type { Difference, Rejection } from '@sigv4/signer';

import { inWordsOfFlags } from '../output/error.ts';
import { missingStatements, type Missing, type RefusedCall } from './statements.ts';

/** What to do next at a terminal, where the explanation speaks of code. */
const NEXT: Partial<Record<Rejection['reason'], string>> = {
  'clock-skew': 'Set the clock of this machine: timedatectl set-ntp true, or its like.',
  'token-expired':
    'Get a new session: aws sso login, or new values of AWS_ACCESS_KEY_ID and its kin.',
  'token-invalid': 'See which credentials are used: sigv4 whoami.',
  'signature-mismatch':
    'Compare with what is signed here: sigv4 sign --canonical, with the same words.',
  'wrong-scope': 'Name the right ones: --region and --service.',
  'not-signed': 'Check stage, path and method.',
  forbidden: 'Find out step by step: sigv4 doctor, with the same URL.',
};

/** A refusal as people read it: several lines, without secrets. */
export function refusalText(rejection: Rejection, sent?: RefusedCall): string {
  const { status, type, message, explanation, differences } = rejection;
  const missing = missingStatements(rejection, sent);
  return [
    `${status}${type ? ` ${type}` : ''}${message && `: ${message.split('\n', 1)[0]}`}`,
    '',
    inWordsOfFlags(explanation),
    ...differencesText(differences),
    ...(missing ? statementsText(missing) : []),
  ].join('\n');
}

/** The same, and what to do next. */
export function refusalAdvice(rejection: Rejection, sent?: RefusedCall): string {
  const next = NEXT[rejection.reason];
  return refusalText(rejection, sent) + (next === undefined ? '' : `\n\n${next}`);
}

/** The same for programs. */
export function refusalJson(rejection: Rejection, sent?: RefusedCall): object {
  const missing = missingStatements(rejection, sent);
  const explanation = inWordsOfFlags(rejection.explanation);
  return { ...rejection, explanation, ...(missing && { missing }) };
}

function differencesText(differences: readonly Difference[]): string[] {
  if (differences.length === 0) return [];
  return ['', 'What differs:', ...differences.map((each) => `  ${differenceText(each)}`)];
}

function differenceText({ part, name, change, signed, expected }: Difference): string {
  const what = [part, name].filter(Boolean).join(' ');
  const values = [
    signed !== undefined && `signed ${JSON.stringify(signed)}`,
    expected !== undefined &&
      `AWS ${change === 'wrong' ? 'wants' : 'saw'} ${JSON.stringify(expected)}`,
  ].filter(Boolean);
  return `${what}: ${change}${values.length > 0 ? ` (${values.join(', ')})` : ''}`;
}

const TAKES: Readonly<Record<Missing['takes'], string>> = {
  one: 'Either of these would allow it:',
  all: 'These would allow it, and all are needed:',
  unknown: 'These would allow it; one is enough within an account, across accounts all are needed:',
};

/** What would allow a call, in lines. */
export function statementsText({ takes, statements }: Missing): string[] {
  const heading = statements.length === 1 ? 'This would allow it:' : TAKES[takes];
  return [
    '',
    heading,
    ...statements.flatMap(({ belongsTo, statement, hint }) => [
      '',
      `  in ${belongsTo}${hint === undefined ? '' : ` (${hint})`}:`,
      ...JSON.stringify(statement, undefined, 2)
        .split('\n')
        .map((line) => `  ${line}`),
    ]),
  ];
}
