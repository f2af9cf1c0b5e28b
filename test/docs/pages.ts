import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** A fenced block of a page: ```` ```ts handler.ts ````. */
export interface Block {
  readonly language: string;
  /** What stands after the language: the name that the page gives to this program. */
  readonly name: string | undefined;
  readonly code: string;
}

/** The pages below `docs`, as paths from the root of the repository. */
export async function pagesOfDocs(): Promise<string[]> {
  const files = await readdir(join(ROOT, 'docs'), { recursive: true });
  return files
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`)
    .toSorted((a, b) => a.localeCompare(b));
}

/** @param page a path from the root of the repository */
export function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

export function blocksOf(page: string): Block[] {
  const fences = textOf(page).matchAll(/^```(\w+)(?: ([^\n]+))?\n(.*?)^```$/gms);
  return [...fences].map(([, language = '', name, code = '']) => ({ language, name, code }));
}

export function blockOf(page: string, name: string): Block {
  const found = blocksOf(page).find((block) => block.name === name);
  if (found === undefined) throw new Error(`${page} has no block named ${name}`);
  return found;
}

/** The text below a heading, up to the next heading of its level or above. */
export function sectionOf(page: string, heading: string): string {
  const text = textOf(page);
  const start = text.indexOf(`\n${heading}\n`);
  if (start === -1) throw new Error(`${page} has no heading "${heading}"`);
  const level = /^#+/.exec(heading)?.[0].length ?? 1;
  const rest = text.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level}} `, 'm'));
  return end === -1 ? rest : rest.slice(0, end);
}

/** Text as a reader takes it in: wherever a page breaks its lines, and however AWS does. */
export function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
