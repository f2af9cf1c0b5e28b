/** No answer of STS comes near this; whatever does is not one. */
const MAX_LENGTH = 1_000_000;

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/**
 * The text of the first element of that name in an answer of STS, whatever namespace or parents
 * it has: implementations of STS differ in them. Knows XML's five own entities and character
 * references, and nothing that a document declares for itself.
 *
 * @returns `undefined` if there is no such element, or if it has elements inside
 */
export function elementText(xml: string, name: string): string | undefined {
  if (xml.length > MAX_LENGTH || xml.includes('<!')) return undefined;
  const found = new RegExp(
    `<(?:[\\w.-]+:)?${name}(?:\\s[^<>]*)?>([^<]*)</(?:[\\w.-]+:)?${name}\\s*>`,
  ).exec(xml);
  return found?.[1]
    ?.trim()
    .replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|\w+);/gi, (whole, entity: string) =>
      entity.startsWith('#')
        ? (character(entity.slice(1)) ?? whole)
        : (ENTITIES.get(entity) ?? whole),
    );
}

function character(reference: string): string | undefined {
  const code = /^x/i.test(reference) ? Number.parseInt(reference.slice(1), 16) : Number(reference);
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
