import { readFile, stat } from 'node:fs/promises';

import { refuseTogether } from '../options/exclusive.ts';
import type { DataPiece, RequestOptions } from '../options/request-options.ts';
import { CliError } from '../output/error.ts';
import { writeForm } from './form.ts';

/** A body, as the command line has it. */
export interface Body {
  /** Its bytes, or the file that holds them. */
  readonly content: Uint8Array | BodyFile;
  /** The content type that belongs to it; `undefined` if nothing tells. */
  readonly type: string | undefined;
  /** Whether `--json` also asks for JSON. */
  readonly wantsJson: boolean;
}

/** A file that is not read before it is needed. */
export interface BodyFile {
  readonly path: string;
  readonly size: number;
}

export function isFile(content: Uint8Array | BodyFile): content is BodyFile {
  return 'path' in content;
}

/** @returns `undefined` if there is none; with `--get`, the data belongs to the query */
export async function readBody(options: RequestOptions): Promise<Body | undefined> {
  const { data, form, uploadFile, get } = options;
  refuseTogether(data && '-d', form && '-F', uploadFile !== undefined && '-T');
  if (uploadFile !== undefined) {
    return { content: await fileOrStdin('-T', uploadFile), type: undefined, wantsJson: false };
  }
  if (form) {
    const written = await writeForm(form, async (flag, path) =>
      bytesOf(await fileOrStdin(flag, path)),
    );
    return { ...written, wantsJson: false };
  }
  if (data === undefined || get) return undefined;
  return readData(data);
}

/** @returns the query's text */
export async function readQuery({ data, get }: RequestOptions): Promise<string> {
  if (!get || data === undefined) return '';
  const { content } = await readData(data);
  return new TextDecoder().decode(await bytesOf(content));
}

export async function bytesOf(content: Uint8Array | BodyFile): Promise<Uint8Array> {
  return isFile(content) ? readFile(content.path) : content;
}

async function readData(pieces: readonly DataPiece[]): Promise<Body> {
  const wantsJson = pieces.some(({ kind }) => kind === 'json');
  const type = wantsJson ? 'application/json' : 'application/x-www-form-urlencoded';
  const [only] = pieces;
  if (pieces.length === 1 && only?.kind === 'binary' && only.value.startsWith('@')) {
    return { content: await fileOrStdin('--data-binary', only.value.slice(1)), type, wantsJson };
  }
  const parts: Uint8Array[] = [];
  for (const [at, piece] of pieces.entries()) {
    // curl joins form data with &, and JSON with nothing.
    if (at > 0 && piece.kind !== 'json') parts.push(Buffer.from('&'));
    parts.push(await readPiece(piece));
  }
  return { content: Buffer.concat(parts), type, wantsJson };
}

async function readPiece({ kind, value }: DataPiece): Promise<Uint8Array> {
  if (kind === 'raw' || !value.startsWith('@')) return Buffer.from(value);
  const flag = { data: '-d', binary: '--data-binary', json: '--json' }[kind];
  const bytes = await bytesOf(await fileOrStdin(flag, value.slice(1)));
  // curl strips these, so that a file can hold a form in lines.
  return kind === 'data' ? bytes.filter((byte) => ![0, 10, 13].includes(byte)) : bytes;
}

/** @throws {CliError} if there is no such file */
async function fileOrStdin(flag: string, path: string): Promise<Uint8Array | BodyFile> {
  if (path === '-') return readStdin(flag);
  try {
    const stats = await stat(path);
    // A pipe, such as <(command) makes one, has no size; and a folder cannot be read.
    return stats.isFile() ? { path, size: stats.size } : await readFile(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : message;
    throw new CliError(`${flag} ${path}: ${why}`, 'check the path', { cause });
  }
}

/** @throws {CliError} at a terminal, where nobody knows that input is waited for */
export async function readStdin(flag: string): Promise<Uint8Array> {
  if (process.stdin.isTTY) {
    throw new CliError(
      `${flag}: nothing is piped into stdin`,
      'pipe something into it, or name a file',
    );
  }
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
