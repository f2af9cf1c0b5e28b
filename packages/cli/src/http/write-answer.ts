import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

import type { HttpAnswer } from './answer.ts';
import { CliError } from '../output/error.ts';
import { indentedJson } from '../output/indented-json.ts';
import { Progress } from '../output/progress.ts';

/** JSON that is longer than this is not indented, since it would have to be read first. */
const MOST_INDENTED = 4_194_304;

/** Writes the body of an answer as it came. At a terminal, JSON is indented. */
export async function writeBody(
  answer: HttpAnswer,
  file: string | undefined,
  isSilent: boolean,
): Promise<void> {
  const isShown = file === undefined && process.stdout.isTTY;
  if (isShown && isJson(answer)) return writeIndented(answer);
  const progress =
    process.stderr.isTTY && !isShown && !isSilent ? new Progress('received') : undefined;
  let received = 0;
  await pipeline(
    answer.content(),
    async function* (pieces: AsyncIterable<Uint8Array>) {
      for await (const piece of pieces) {
        if (isShown && received === 0) refuseBinary(piece);
        received += piece.byteLength;
        progress?.at(received, answer.length);
        yield piece;
      }
    },
    file === undefined ? process.stdout : createWriteStream(file),
    // stdout stays open: there may be more to print.
    { end: file !== undefined },
  );
  progress?.end();
  if (isShown && received > 0) process.stdout.write('\n');
}

function isJson(answer: HttpAnswer): boolean {
  return (
    /[/+]json\b/.test(answer.headers.get('content-type') ?? '') &&
    (answer.length ?? 0) <= MOST_INDENTED
  );
}

async function writeIndented(answer: HttpAnswer): Promise<void> {
  const pieces: Uint8Array[] = [];
  for await (const piece of answer.content()) pieces.push(piece as Uint8Array);
  const text = Buffer.concat(pieces).toString();
  process.stdout.write(`${indentedJson(text) ?? text}\n`);
}

/** @throws {CliError} if bytes would upset the terminal */
function refuseBinary(piece: Uint8Array): void {
  if (!piece.includes(0)) return;
  throw new CliError(
    'the answer is binary, which would upset the terminal',
    'write it to a file with -o, or pipe it somewhere',
  );
}
