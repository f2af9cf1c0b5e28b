import { CliError } from '../output/error.ts';
import { collect, type OptionGroup } from './command-definition.ts';

/** A piece of the body, in the order of the command line. */
export interface DataPiece {
  readonly kind: 'data' | 'raw' | 'binary' | 'json';
  readonly value: string;
}

/** What is sent, by curl's names. */
export interface RequestOptions {
  readonly request?: string;
  readonly header?: readonly string[];
  readonly data?: readonly DataPiece[];
  readonly form?: readonly string[];
  readonly uploadFile?: string;
  readonly get?: true;
}

export const REQUEST: OptionGroup = {
  heading: 'What is sent:',
  rows: [
    { flags: '-X, --request <method>', help: 'method (default: GET, or POST with data)' },
    { flags: '-H, --header <line>', help: 'header, such as "x-team: orders"', parse: collect },
    {
      flags: '-d, --data <text>',
      help: 'form data; @file for a file, @- for stdin',
      parse: piece('data'),
      as: 'data',
    },
    { flags: '--data-raw <text>', help: 'the same without @', parse: piece('raw'), as: 'data' },
    {
      flags: '--data-binary <text>',
      help: 'the same with line breaks as they are',
      parse: piece('binary'),
      as: 'data',
    },
    {
      flags: '--json <text>',
      help: 'the same as JSON, with content-type and accept',
      parse: piece('json'),
      as: 'data',
    },
    {
      flags: '-F, --form <field>',
      help: 'field of a form: name=text, name=@file;type=image/png, name=<file',
      parse: collect,
    },
    { flags: '-T, --upload-file <file>', help: 'PUT a file; - for stdin' },
    { flags: '-G, --get', help: 'put the data into the query' },
  ],
};

function piece(
  kind: DataPiece['kind'],
): (value: string, previous?: readonly DataPiece[]) => readonly DataPiece[] {
  return (value, previous = []) => [...previous, { kind, value }];
}

/** Method and URL as a command was given them: `[METHOD] URL`. */
export interface Asked {
  readonly method: string | undefined;
  readonly url: URL;
}

/** @throws {CliError} if there is no URL, or something that is none */
export function readAsked(words: readonly string[], { request }: RequestOptions): Asked {
  const [first, second, ...more] = words;
  const [method, url] = second === undefined ? [undefined, first] : [first, second];
  if (url === undefined) {
    throw new CliError('there is no URL', 'sigv4 --help shows how to give one');
  }
  if (more.length > 0 || (method !== undefined && !/^[A-Za-z-]+$/.test(method))) {
    throw new CliError(
      `expected [METHOD] URL, got ${words.map((word) => JSON.stringify(word)).join(' ')}`,
      'quote whatever the shell splits, and put the name of a command first',
    );
  }
  // A word in lower case that is no method is likelier the misspelt name of a command.
  if (
    method !== undefined &&
    !/^(?:[A-Z-]+|get|head|post|put|patch|delete|options)$/.test(method)
  ) {
    throw new CliError(
      `${JSON.stringify(method)} is neither a command nor a method`,
      'sigv4 --help shows the commands; write a method of your own in capitals',
    );
  }
  return { method: (request ?? method)?.toUpperCase(), url: readUrl(url) };
}

/** @throws {CliError} if it is no URL */
export function readUrl(text: string): URL {
  const local = /^(?:localhost|127\.|\[::1\])/.test(text);
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
    ? text
    : `${local ? 'http' : 'https'}://${text}`;
  if (URL.canParse(whole) && /[.:]/.test(text)) return new URL(whole);
  throw new CliError(
    `${JSON.stringify(text.slice(0, 80))} is no URL`,
    'give one such as https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders, and put the name of a command first',
  );
}

/**
 * Headers by curl's rules: `name: value`; `name;` sends it empty, and `name:` not at all.
 *
 * @returns pairs; the value of a header that is not to be sent is `undefined`
 * @throws {CliError} at a line that is none
 */
export function readHeaders(
  lines: readonly string[] = [],
): (readonly [string, string | undefined])[] {
  return lines.map((line) => {
    const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~\w-]+)(:\s*.*|;)$/.exec(line) ?? [];
    if (name === '') {
      throw new CliError(
        `-H: expected a header such as "x-team: orders", got ${JSON.stringify(line.split(':', 1)[0]?.slice(0, 40))}`,
        'write name, colon and value, and quote it for the shell',
      );
    }
    return [name.toLowerCase(), value === ';' ? '' : value.slice(1).trim() || undefined];
  });
}
