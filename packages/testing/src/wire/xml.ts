/** An element: its name, and its text or what is in it; elements without content are left out. */
export type Element = readonly [name: string, content: string | readonly Element[] | undefined];

/** A document: its root, and the namespace of all of it. */
export function xml(root: Element, namespace?: string): string {
  return write(root, '', namespace === undefined ? '' : ` xmlns="${namespace}"`);
}

function write([name, content]: Element, indent: string, attributes = ''): string {
  if (content === undefined) return '';
  const inner =
    typeof content === 'string'
      ? escape(content)
      : `\n${content.map((child) => write(child, `${indent}  `)).join('')}${indent}`;
  return `${indent}<${name}${attributes}>${inner}</${name}>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\r': '&#xD;',
};

function escape(text: string): string {
  return (
    text
      .replaceAll(/[&<>\r]/g, (character) => ENTITIES[character] as string)
      // XML has no way to write these characters.
      .replaceAll(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
  );
}
