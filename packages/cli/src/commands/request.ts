import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

import { describeCaller } from '../credentials/caller.ts';
import type { HttpAnswer } from '../http/answer.ts';
import { writeBody } from '../http/write-answer.ts';
import { readCall, send, type Called, type ReadyCall } from '../http/call.ts';
import type { AnswerOptions } from '../options/answer-options.ts';
import { refuseTogether } from '../options/exclusive.ts';
import type { ConnectionOptions } from '../options/connection-options.ts';
import { readAsked, type RequestOptions } from '../options/request-options.ts';
import type { CallerOptions, OutputOptions, SigningOptions } from '../options/shared-options.ts';
import { CliError } from '../output/error.ts';
import { note, printJson } from '../output/print.ts';
import { Progress } from '../output/progress.ts';
import { shownHeader, shownUrl } from '../output/secrets.ts';
import { refusalJson, refusalAdvice } from '../refusal/report.ts';
import type { RefusedCall } from '../refusal/statements.ts';

type Options = RequestOptions &
  CallerOptions &
  SigningOptions &
  ConnectionOptions &
  OutputOptions &
  AnswerOptions;

/** What `sigv4 request` does. */
export async function request(words: readonly string[], options: Options): Promise<number> {
  const asked = readAsked(words, options);
  const file = fileOf(options, asked.url);
  const call = await readCall(asked, options, options.head ? 'HEAD' : 'GET');
  const isQuiet = options.silent === true;
  const up = new Progress('sent');
  const called = await send(call, options, {
    ...(options.verbose && verboseListener(call)),
    ...(!isQuiet && process.stderr.isTTY && { onSent: (sent, of) => up.at(sent, of) }),
  });
  up.end();
  const { answer, rejection } = called;
  const isError = answer.status >= 400;
  if (options.output === 'json') await printResult(call, called, file);
  else await printAnswer(answer, options, file, isError);
  if (rejection !== undefined && options.output !== 'json' && (!isQuiet || options.showError)) {
    note(`\n${refusalAdvice(rejection, refusedCall(call))}`);
  }
  return isError && (options.fail || options.failWithBody) ? 22 : 0;
}

/** @returns the file for the body; `undefined` for stdout */
function fileOf({ o, O }: AnswerOptions, url: URL): string | undefined {
  refuseTogether(o !== undefined && '-o', O && '-O');
  if (o !== undefined && o !== '-') return o;
  if (!O) return undefined;
  const name = url.pathname.split('/').at(-1);
  if (name) return name;
  throw new CliError('-O: the URL names no file', 'name one with -o');
}

function verboseListener({ caller, place }: ReadyCall): Parameters<typeof send>[2] & object {
  return {
    onRequest: (line, headers) => {
      note(`* Signed for ${place.service} in ${place.region.name} (from ${place.region.from})`);
      note(`* Credentials from ${describeCaller(caller)}`);
      note(`> ${shownUrl(line)}`);
      for (const [name, value] of Object.entries(headers)) {
        note(`> ${shownHeader(name, String(value))}`);
      }
      note('>');
    },
    onAnswer: ({ statusLine, headerPairs }) => {
      note(`< ${statusLine}`);
      for (const [name, value] of headerPairs) note(`< ${shownHeader(name, value)}`);
      note('<');
    },
    onEvent: (event) => {
      if (event.type !== 'retried') return;
      const { because, clockOffset } = event;
      note(
        because === 'clock-skew'
          ? `* This clock is ${Math.round(clockOffset / 1000)} s off AWS's; signed again, and sent once more`
          : '* These credentials were refused; signed again with new ones, and sent once more',
      );
    },
  };
}

async function printAnswer(
  answer: HttpAnswer,
  options: Options,
  file: string | undefined,
  isError: boolean,
): Promise<void> {
  const { include, head, fail, failWithBody } = options;
  if (include || head) {
    const lines = [answer.statusLine, ...answer.headerPairs.map((pair) => pair.join(': '))];
    process.stdout.write(`${lines.join('\r\n')}\r\n\r\n`);
  }
  if (isError && fail && !failWithBody) {
    await answer.body.cancel();
    return;
  }
  await writeBody(answer, file, options.silent === true);
}

/** One JSON document with all that is known. */
async function printResult(
  call: ReadyCall,
  { answer, rejection }: Called,
  file: string | undefined,
): Promise<void> {
  const { method, url, place, caller } = call;
  const body = file === undefined ? await readAll(answer) : undefined;
  if (file !== undefined) await pipeline(answer.content(), createWriteStream(file));
  printJson({
    request: {
      method,
      url: shownUrl(url),
      service: place.service,
      region: place.region.name,
      credentials: describeCaller(caller),
    },
    status: answer.status,
    headers: headersJson(answer.headerPairs),
    ...(rejection && refusalJson(rejection, refusedCall(call))),
    ...body,
    ...(file !== undefined && { file }),
  });
}

/** A header that came once is a text; one that came several times, such as Set-Cookie, is a list. */
function headersJson(
  pairs: readonly (readonly [name: string, value: string])[],
): Record<string, string | string[]> {
  const all = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    all.set(key, [...(all.get(key) ?? []), value]);
  }
  return Object.fromEntries(
    [...all].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  );
}

function refusedCall({ method, url, caller }: ReadyCall): RefusedCall {
  return { method, url, callerArn: caller.roles.at(-1) };
}

/** Text as text, and bytes that are none in base64. */
async function readAll(answer: HttpAnswer): Promise<{ body?: string; bodyBase64?: string }> {
  const pieces: Buffer[] = [];
  for await (const piece of answer.content()) pieces.push(piece as Buffer);
  const bytes = Buffer.concat(pieces);
  try {
    return { body: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { bodyBase64: bytes.toString('base64') };
  }
}
