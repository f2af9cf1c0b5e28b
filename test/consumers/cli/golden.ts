import { hostname } from 'node:os';

import type { Ran } from './terminal.ts';

/** What differs from run to run, and what stands for it in the kept output. */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIME'],
  [/\d{8}T\d{6}Z/g, 'TIME'],
  [/(?<=\/|%2F|\\n|\n)\d{8}(?=\/|%2F)/g, 'DAY'],
  [/\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT/g, 'TIME'],
  [/\bin \d+ (?:min|h)\b/g, 'in A WHILE'],
  [/\b(AKIA|ASIA|AIDA|AROA)[A-Z0-9]{16}\b/g, '$1…'],
  [/(x-amzn-requestid|x-amz-apigw-id|apigw-requestid)("?: "?)[^\s"]+/gi, '$1$2ID'],
  [/(?<![\da-f])[\da-f]{64}(?![\da-f])/g, 'HASH'],
  [new RegExp(`${hostname()}-\\d+`, 'g'), 'SESSION'],
  [/(?<=X-Amz-Security-Token=)[\w%]+/g, 'TOKEN'],
  [/(?<="?Policy"?(?:: "|=))[\w+/=]+/g, 'POLICY'],
];

/** A text that is the same in every run. */
export function lasting(text: string): string {
  let same = text.replaceAll('\r', '');
  for (const [pattern, word] of CHANGING) same = same.replace(pattern, word);
  return same;
}

/** A run as it is kept. */
export function kept(line: string, pipes: Ran, terminal: Ran | undefined): string {
  return lasting(
    [
      `$ ${line}`,
      `[status ${pipes.status}]`,
      '--- stdout, piped',
      pipes.stdout,
      '--- stderr, piped',
      pipes.stderr,
      ...(terminal === undefined ? [] : ['--- at a terminal', terminal.stdout]),
    ].join('\n'),
  );
}
