import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const PACKAGES = join(import.meta.dirname, '../../packages');

/** The first cells of a README's table, whose first column has this title. */
export async function rowsOf(name: string, title: string): Promise<string[]> {
  const readme = await readFile(join(PACKAGES, name, 'README.md'), 'utf8');
  const lines = readme.split('\n');
  const start = lines.findIndex((line) => cellOf(line) === title);
  if (start === -1) throw new Error(`the README of ${name} has no table ${title}`);
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  return lines.slice(start + 2, end === -1 ? undefined : end).map(cellOf);
}

function cellOf(line: string): string {
  return line.startsWith('| ') ? (line.split(' | ')[0] ?? '').slice(2).trim() : '';
}
