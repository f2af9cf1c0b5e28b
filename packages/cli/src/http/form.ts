import { randomBytes } from 'node:crypto';
import { basename, extname } from 'node:path';

import { CliError } from '../output/error.ts';

/** curl tells these types by the name of a file, and no others. */
const TYPES: Readonly<Record<string, string>> = {
  '.gif': 'image/gif',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.htm': 'text/html',
  '.html': 'text/html',
  '.pdf': 'application/pdf',
  '.xml': 'application/xml',
};

/** One `-F`, as the command line has it. */
interface Field {
  readonly name: string;
  /** `@` for a file, `<` for the text of a file. */
  readonly mark: string;
  /** The text, or the path. */
  readonly value: string;
  readonly type: string | undefined;
  readonly filename: string | undefined;
}

/**
 * Writes a form by curl's rules, which are not those of FormData: line breaks stay as they are, and
 * a text can have a type too.
 *
 * @param read gets what to call the field in an error, and the path
 * @throws {CliError} at a field that is none
 */
export async function writeForm(
  fields: readonly string[],
  read: (flag: string, path: string) => Promise<Uint8Array>,
): Promise<{ readonly content: Uint8Array; readonly type: string }> {
  const boundary = `------------------------${randomBytes(11).toString('hex')}`;
  const pieces: Uint8Array[] = [];
  for (const { name, mark, value, ...told } of fields.map(readField)) {
    const filename = told.filename ?? (mark === '@' ? basename(value) : undefined);
    const type = told.type ?? typeOf(mark, filename || value);
    const head = [
      `--${boundary}`,
      `Content-Disposition: form-data; name="${escaped(name)}"${filename === undefined ? '' : `; filename="${escaped(filename)}"`}`,
      ...(type === undefined ? [] : [`Content-Type: ${type}`]),
    ];
    const content = mark === '' ? Buffer.from(value) : await read(`-F ${name}=${mark}`, value);
    pieces.push(Buffer.from(`${head.join('\r\n')}\r\n\r\n`), content, Buffer.from('\r\n'));
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return { content: Buffer.concat(pieces), type: `multipart/form-data; boundary=${boundary}` };
}

function readField(field: string): Field {
  const [, name, mark = '', rest = ''] = /^([^=]+)=([@<]?)(.*)$/s.exec(field) ?? [];
  if (name === undefined) {
    throw new CliError(
      `-F: expected name=text, name=@file or name=<file, got ${JSON.stringify(field.slice(0, 40))}`,
      'put a name and = before the value',
    );
  }
  const [value = '', ...parameters] = wordsOf(rest);
  const told: { type?: string; filename?: string } = {};
  for (const parameter of parameters) {
    const [, key, text = ''] = /^\s*(type|filename)=(.*)$/s.exec(parameter) ?? [];
    if (key === 'type' || (key === 'filename' && mark === '@')) told[key] = text;
    // A type can have parameters of its own, such as charset.
    else if (told.type !== undefined && told.filename === undefined) told.type += `;${parameter}`;
    else {
      throw new CliError(
        `-F ${name}: only type=, and filename= of a file, can follow a semicolon`,
        `quote a value that has one, such as -F '${name}="one;two"'`,
      );
    }
  }
  if (/[\r\n]/.test(told.type ?? '')) {
    throw new CliError(`-F ${name}: a type has no line break`, 'write it in one line');
  }
  return { name, mark, value, type: told.type, filename: told.filename };
}

/** Splits at semicolons. Within double quotes they are text, and so is `\"`. */
function wordsOf(text: string): string[] {
  const words = /;((?<!^;)\s*\w+=)?(?:"((?:[^"\\]|\\.)*)"\s*(?=;|$)|([^;]*))/gs;
  return [...`;${text}`.matchAll(words)].map(
    ([, key = '', quoted, plain = '']) =>
      key + (quoted === undefined ? plain.trimEnd() : quoted.replaceAll(/\\(["\\])/g, '$1')),
  );
}

function typeOf(mark: string, filename: string): string | undefined {
  const type = TYPES[extname(filename).toLowerCase()];
  if (mark === '@') return type ?? 'application/octet-stream';
  // A part without a file name is plain text unless it says otherwise.
  return mark === '' || type === 'text/plain' ? undefined : type;
}

function escaped(text: string): string {
  return text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
