import { readFile } from 'node:fs/promises';

import { explainRejection, type Answer, type Rejection } from '@sigv4/signer';

import { readStdin } from '../http/body.ts';
import type { OutputOptions } from '../options/shared-options.ts';
import { CliError } from '../output/error.ts';
import { print, printJson } from '../output/print.ts';
import { shownUrl } from '../output/secrets.ts';
import { readExchange, readRequest, type KeptMessage } from '../refusal/kept-exchange.ts';
import { refusalJson, refusalAdvice } from '../refusal/report.ts';
import { readSentRequest, type SentRequest } from '../refusal/sent-request.ts';

interface ExplainOptions extends OutputOptions {
  readonly sent?: string;
}

/** What `sigv4 explain` does. */
export async function explain(
  [file, ...more]: readonly string[],
  options: ExplainOptions,
): Promise<number> {
  if (more.length > 0) throw new CliError('expected one file', 'explain one answer at a time');
  const text = await readText(file);
  if (text.trim() === '') {
    throw new CliError('there is no answer to explain', 'keep one with curl -i, and give that');
  }
  const exchange = readExchange(text);
  const { answer } = exchange;
  const request =
    options.sent === undefined ? exchange.request : readRequest(await readText(options.sent));
  const sent = request && (await readSentRequest(request, quotedPayloadHash(answer.body ?? '')));
  const rejection = await explainRejection(answerOf(answer), sent?.signed);
  if (rejection === undefined) {
    throw new CliError(
      `this answer is no refusal of AWS: ${answer.firstLine}`,
      'explain an answer with status 400, 401 or 403',
    );
  }
  const told = sent ? byAnother(rejection, sent) : rejection;
  if (options.output === 'json') {
    printJson({
      ...(sent && { request: { method: sent.signed.method, url: shownUrl(sent.signed.url) } }),
      ...refusalJson(told, sent?.signed),
    });
  } else print(refusalAdvice(told, sent?.signed));
  return 0;
}

async function readText(file: string | undefined): Promise<string> {
  if (file === undefined || file === '-') return (await readStdin('explain')).toString();
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CliError(`${file}: ${(cause as Error).message}`, 'check the path', { cause });
  });
}

function answerOf({ firstLine, headers, body = '' }: KeptMessage): Answer {
  return {
    status: Number(firstLine.split(' ')[1]),
    headers: { get: (name) => headers.get(name.toLowerCase()) ?? null },
    clone: () => ({ text: async () => body }),
  };
}

/** The hash of the body that AWS saw, as its canonical request ends with it. */
function quotedPayloadHash(text: string): string | undefined {
  return /Canonical(?: String|Request>)[^]*?\b([\da-f]{64}|UNSIGNED-PAYLOAD)\b/.exec(text)?.[1];
}

/** Another client made the signature, and nobody knows of what. */
function byAnother(rejection: Rejection, { changing }: SentRequest): Rejection {
  if (changing.length > 0) {
    const explanation = `The request was signed with headers that change on the way: ${changing.join(', ')}. Leave them out of the signature.`;
    return { ...rejection, explanation, differences: [] };
  }
  if (rejection.differences[0]?.part !== 'secret') return rejection;
  const explanation =
    'AWS saw the request as it was sent. So the secret key is not the one of this access key, or the client signed another canonical request than the one of what it sent: its query may be neither sorted nor encoded as AWS wants it. Send the same with sigv4: if it is taken, the client is at fault.';
  return { ...rejection, explanation };
}
