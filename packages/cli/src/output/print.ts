/** A line of the result. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A line that is not part of the result. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A result for programs. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, 2));
}

/** Lines of names and values below one another. */
export function table(
  rows: readonly (readonly [name: string, value: string | undefined])[],
): string {
  const known = rows.filter((row): row is readonly [string, string] => row[1] !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}
