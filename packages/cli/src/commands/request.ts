import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

import { describeCaller } from '../credentials/caller.ts';
import type { HttpAnswer } from '../http/answer.ts';
import { writeBody } from '../http/write-answer.ts';
import { readCall, send, type Called, type ReadyCall } from '../http/call.ts';
import type { CommandDefinition } from '../options/command-definition.ts';
import { CONNECTION, type ConnectionOptions } from '../options/connection-options.ts';
import { readAsked, REQUEST, type RequestOptions } from '../options/request-options.ts';
import {
  CALLER,
  OUTPUT,
  SIGNING,
  type CallerOptions,
  type OutputOptions,
  type SigningOptions,
} from '../options/shared-options.ts';
import { CliError } from '../output/error.ts';
import { note, printJson } from '../output/print.ts';
import { Progress } from '../output/progress.ts';
import { shownHeader, shownUrl } from '../output/secrets.ts';
import { refusalJson, refusalText } from '../refusal/report.ts';

interface AnswerOptions {
  readonly o?: string;
  readonly O?: true;
  readonly include?: true;
  readonly head?: true;
  readonly silent?: true;
  readonly showError?: true;
  readonly verbose?: true;
  readonly fail?: true;
  readonly failWithBody?: true;
  readonly location?: true;
}

type Options = RequestOptions &
  CallerOptions &
  SigningOptions &
  ConnectionOptions &
  OutputOptions &
  AnswerOptions;

export const request: CommandDefinition = {
  name: 'request',
  description:
    'Calls an API with a signature. The body of the answer goes to stdout as it came; a refusal is explained on stderr.',
  parameters: [['[words...]', '[METHOD] URL']],
  options: [
    REQUEST,
    {
      heading: 'The answer:',
      rows: [
        { flags: '-o <file>', help: 'write the body to a file' },
        { flags: '-O', help: 'the same, with the name of the URL' },
        { flags: '-i, --include', help: 'print status and headers too' },
        { flags: '-I, --head', help: 'ask for them only' },
        { flags: '-f, --fail', help: 'status 22 for an HTTP error, and no body' },
        { flags: '--fail-with-body', help: 'status 22 for an HTTP error' },
        { flags: '-L, --location', help: 'follow redirects within the origin, each signed anew' },
        { flags: '-v, --verbose', help: 'show both headers, without secrets' },
        { flags: '-s, --silent', help: 'no progress, and no explanation of a refusal' },
        { flags: '-S, --show-error', help: 'with -s: the explanation all the same' },
      ],
    },
    CONNECTION,
    CALLER,
    SIGNING,
    OUTPUT,
  ],
  examples: [
    [
      'The host name tells service and region.',
      'sigv4 https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders',
    ],
    [
      'Send JSON from a file with a profile, and fail if the API does.',
      'sigv4 -f --profile dev --json @order.json https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders',
    ],
    [
      'A custom domain needs the region; here also a role of another account.',
      'sigv4 DELETE https://api.example.com/orders/7 --region eu-west-1 --role-arn arn:aws:iam::222222222222:role/ops',
    ],
    [
      'Upload to S3.',
      'sigv4 -T backup.tar https://my-bucket.s3.eu-west-1.amazonaws.com/backup.tar',
    ],
  ],
  run: async (words, options: Options) => {
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
      note(`\n${refusalText(rejection, call)}`);
    }
    return isError && (options.fail || options.failWithBody) ? 22 : 0;
  },
};

/** @returns the file for the body; `undefined` for stdout */
function fileOf({ o, O }: AnswerOptions, url: URL): string | undefined {
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
    headers: Object.fromEntries(
      answer.headerPairs.map(([name, value]) => [name.toLowerCase(), value]),
    ),
    ...(rejection && refusalJson(rejection, call)),
    ...body,
    ...(file !== undefined && { file }),
  });
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
