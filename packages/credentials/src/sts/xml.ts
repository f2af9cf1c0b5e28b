/** An element of a document. */
export interface XmlElement {
  /** With its prefix, if it has one. */
  readonly name: string;
  readonly elements: XmlElement[];
  /** The text beside its elements, with references resolved and without white space around it. */
  text: string;
}

const MAX_DEPTH = 32;

/** An end tag, a start tag with attributes, or text. Nothing else is read. */
const TOKEN =
  /<\/(?<close>[\w.:-]+)\s*>|<(?<name>[\w.:-]+)(?:\s+[\w.:-]+\s*=\s*(?:"[^<"]*"|'[^<']*'))*\s*(?<empty>\/?)>|(?<text>[^<]+)/y;

/**
 * Reads the part of XML that web services answer in: elements, attributes (which are ignored) and
 * text. It takes no DOCTYPE, so there are no entities but XML's own five. It takes no CDATA, no
 * comments, and no processing instructions beside the declaration.
 *
 * @returns the root, or `undefined` if the document is anything else or not well-formed
 */
export function readXml(document: string): XmlElement | undefined {
  const start = /^\uFEFF?(?:<\?xml\s[^<>?]*\?>)?\s*/.exec(document)?.[0].length ?? 0;
  const content = document.slice(start).trimEnd();
  const top: XmlElement = { name: '', elements: [], text: '' };
  const open = [top];
  let position = 0;
  while (position < content.length) {
    TOKEN.lastIndex = position;
    const token = TOKEN.exec(content)?.groups;
    if (token === undefined || !take(token, open)) return undefined;
    position = TOKEN.lastIndex;
  }
  const isWhole = open.length === 1 && top.elements.length === 1 && top.text === '';
  return isWhole ? top.elements[0] : undefined;
}

/** @returns whether the token may stand there */
function take(
  { close, name = '', empty, text }: Record<string, string | undefined>,
  open: XmlElement[],
): boolean {
  if (close !== undefined) return open.length > 1 && open.pop()?.name === close;
  const inside = open.at(-1);
  if (inside === undefined) return false;
  if (text !== undefined) {
    const resolved = resolveReferences(text);
    inside.text += resolved?.trim() ?? '';
    return resolved !== undefined;
  }
  const element: XmlElement = { name, elements: [], text: '' };
  inside.elements.push(element);
  if (!empty) open.push(element);
  return open.length <= MAX_DEPTH;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function resolveReferences(text: string): string | undefined {
  if (!text.includes('&')) return text;
  let isGood = true;
  const resolved = text.replaceAll(/&(?:([a-z]+);|#(\d+);|#x([0-9a-fA-F]+);)?/g, (...match) => {
    const [, name, decimal, hexadecimal] = match as (string | undefined)[];
    const character =
      name === undefined
        ? characterOf(decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : +decimal)
        : Object.hasOwn(ENTITIES, name)
          ? ENTITIES[name]
          : undefined;
    isGood &&= character !== undefined;
    return character ?? '';
  });
  return isGood ? resolved : undefined;
}

/** @see https://www.w3.org/TR/xml/#charsets */
function characterOf(code: number): string | undefined {
  const isCharacter =
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}

/**
 * The first element of that name, whatever its prefix. The namespace differs between
 * implementations, and some have none.
 */
export function findElement(within: XmlElement, name: string): XmlElement | undefined {
  if (within.name === name || within.name.endsWith(`:${name}`)) return within;
  for (const element of within.elements) {
    const found = findElement(element, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
