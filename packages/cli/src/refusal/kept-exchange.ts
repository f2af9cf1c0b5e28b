import { CliError } from '../output/error.ts';

/** A request or an answer that somebody kept, as text. */
export interface KeptMessage {
  /** `GET /prod/orders HTTP/1.1`, or `HTTP/1.1 403 Forbidden`. */
  readonly firstLine: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** `undefined` if it was not kept. */
  readonly body: string | undefined;
}

/** What was kept of one exchange. */
export interface KeptExchange {
  readonly answer: KeptMessage;
  readonly request: KeptMessage | undefined;
}

/**
 * Reads what curl printed: the output of `curl -i`, of `curl -v` with both streams in one file, or a
 * body alone, which is taken for that of a 403.
 */
export function readExchange(text: string): KeptExchange {
  const lines = text.split(/\r?\n/);
  const answerAt = lines.findLastIndex((line) => /^< HTTP\/[\d.]+ \d{3}/.test(line));
  if (answerAt !== -1) return readVerbose(lines, answerAt);
  // Redirects, proxies and 100 Continue answer before the one that counts.
  const last = text.startsWith('HTTP/') ? [...text.matchAll(HEAD_OF_ANSWER)].at(-1) : undefined;
  const answer = last
    ? readMessage(text.slice(last.index))
    : { firstLine: 'HTTP/1.1 403', headers: new Map<string, string>(), body: text };
  return { answer, request: undefined };
}

/** A body may end without a line break, so that a head need not begin a line. */
const HEAD_OF_ANSWER = /HTTP\/[\d.]+ \d{3}[^\r\n]*(?:\r?\n[!-9;-~]+:[^\n]*)*(?=\r?\n\r?\n|\s*$)/g;

/** Reads a request: its first line, its headers and, after an empty line, its body. */
export function readRequest(text: string): KeptMessage {
  const message = readMessage(text.replaceAll(/^> ?/gm, ''));
  if (/^[A-Z]+ \S+/.test(message.firstLine)) return message;
  throw new CliError(
    `--sent: expected a request such as "GET /prod/orders HTTP/1.1", got ${JSON.stringify(message.firstLine.slice(0, 40))}`,
    'give the lines that curl -v prints with >',
  );
}

function readVerbose(lines: readonly string[], answerAt: number): KeptExchange {
  const requestAt = lines
    .slice(0, answerAt)
    .findLastIndex((line) => /^> [A-Z]+ \S+ HTTP/.test(line));
  const sent = lines.slice(Math.max(requestAt, 0), answerAt).filter((line) => line.startsWith('>'));
  const after = lines.slice(answerAt);
  const came = after.filter((line) => line.startsWith('<')).map((line) => line.slice(2));
  const body = after.filter((line) => !/^[<>*{}] |^[<>*]$|^\s*[%\d].*--:--:--/.test(line));
  return {
    answer: { ...readMessage(came.join('\n')), body: body.join('\n').trim() },
    request:
      requestAt === -1
        ? undefined
        : // curl does not print what it sends.
          { ...readMessage(sent.map((line) => line.slice(2)).join('\n')), body: undefined },
  };
}

function readMessage(text: string): KeptMessage {
  const [, head = '', , body] = /^([^]*?)(\r?\n\r?\n([^]*))?$/.exec(text) ?? [];
  const [firstLine = '', ...lines] = head.split(/\r?\n/);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value = ''] = /^([^:\s]+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) headers.set(name.toLowerCase(), value);
  }
  return { firstLine: firstLine.trim(), headers, body };
}
