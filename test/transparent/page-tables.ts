import { textOf } from '../docs/pages.ts';

/** The first cells of a page's table, whose first column has this title. */
export function rowsOf(page: string, title: string): string[] {
  const lines = textOf(page).split('\n');
  const start = lines.findIndex((line) => cellOf(line) === title);
  if (start === -1) throw new Error(`${page} has no table ${title}`);
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  return lines.slice(start + 2, end === -1 ? undefined : end).map(cellOf);
}

function cellOf(line: string): string {
  return line.startsWith('| ') ? (line.split(' | ')[0] ?? '').slice(2).trim() : '';
}
