/**
 * Indents JSON by its text alone, so that no number loses a digit and no field changes its place.
 *
 * @returns `undefined` if it is no JSON
 */
export function indentedJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let indented = '';
  let depth = 0;
  const line = (): string => `\n${'  '.repeat(depth)}`;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/g)) {
    if (token === '{' || token === '[') {
      depth += 1;
      indented += token + line();
    } else if (token === '}' || token === ']') {
      depth -= 1;
      const isEmpty = /[[{]\s*$/.test(indented);
      indented = (isEmpty ? indented.trimEnd() : indented + line()) + token;
    } else if (token === ',') indented += token + line();
    else indented += token === ':' ? ': ' : token;
  }
  return indented;
}
