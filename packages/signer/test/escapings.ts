import fc from 'fast-check';

const NAMES: Readonly<Record<string, string>> = {
  '+': 'plus',
  '/': 'sol',
  '=': 'equals',
  ',': 'comma',
  ';': 'semi',
  '%': 'percnt',
  '&': 'amp',
  '\\': 'bsol',
};

/** What may stand for a character in the formats that answers come in. */
const WAYS: readonly ((character: string, hex: string) => string)[] = [
  (character) => character,
  (_, hex) => `%${hex}`,
  (_, hex) => `%${hex.toUpperCase()}`,
  (_, hex) => `\\u00${hex}`,
  (_, hex) => `\\u00${hex.toUpperCase()}`,
  (_, hex) => `\\x${hex}`,
  (character) => (/[\w]/.test(character) ? character : `\\${character}`),
  (_, hex) => `&#${Number.parseInt(hex, 16)};`,
  (_, hex) => `&#x${hex};`,
  (_, hex) => `&#X00${hex.toUpperCase()};`,
  (character) => (NAMES[character] === undefined ? character : `&${NAMES[character]};`),
];

/** Escapes each character in a way of its own, by numbers that are used in turn. */
function escaped(text: string, choices: readonly number[]): string {
  const ways = choices.length === 0 ? [0] : choices;
  return Array.from(text, (character, at) => {
    const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
    const choice = ways[at % ways.length] ?? 0;
    // What begins an escape is escaped by every format, or its text could not be read again.
    const isIntroducer = character === '%' || character === '&' || character === '\\';
    const way = isIntroducer ? WAYS[1 + (choice % 5)] : WAYS[choice % WAYS.length];
    return way?.(character, hex) ?? character;
  }).join('');
}

const byWholeFormats: fc.Arbitrary<(text: string) => string> = fc.constantFrom(
  (text: string) => text,
  (text: string) => encodeURIComponent(text),
  (text: string) => encodeURIComponent(text).replaceAll(/%../g, (escape) => escape.toLowerCase()),
  (text: string) => encodeURIComponent(encodeURIComponent(text)),
  (text: string) => String(new URLSearchParams({ a: text })).slice(2),
  (text: string) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  (text: string) =>
    JSON.stringify(JSON.stringify({ a: text.replaceAll('=', '\\u003d') })).slice(10, -4),
  (text: string) =>
    text.replaceAll('+', '&#43;').replaceAll('/', '&#x2F;').replaceAll('=', '&equals;'),
  (text: string) => Buffer.from(text).toString('hex'),
  (text: string) => (Buffer.from(text).toString('hex').match(/../g) ?? []).join(' '),
  (text: string) => (Buffer.from(text).toString('hex').toUpperCase().match(/../g) ?? []).join(' '),
);

const byCharacter: fc.Arbitrary<(text: string) => string> = fc
  .array(fc.array(fc.nat(), { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 3 })
  .map((layers) => (text) => {
    let result = text;
    for (const choices of layers) result = escaped(result, choices);
    return result;
  });

/** All the ways in which an answer may spell what it quotes. */
export const spelling: fc.Arbitrary<(text: string) => string> = fc.oneof(
  byWholeFormats,
  byCharacter,
);

/** As STS hands them out, shorter and longer. */
export const token: fc.Arbitrary<string> = fc
  .uint8Array({ minLength: 12, maxLength: 900 })
  // No token repeats itself, and none is told by a run of the same letter.
  .map((bytes) => Buffer.from(bytes.map((byte, at) => byte ^ ((at * 151 + (at >> 8) * 83) & 255))))
  .map((bytes) => bytes.toString('base64'));

/** What stands between secrets, in any format; it begins and ends with what belongs to no escape. */
export const between: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '{"message":"',
    '","a":[1,2]}',
    '<Message>',
    '</Message>',
    '\nx-amz-security-token:',
    '\nhost;x-amz-date\n',
    "' not a valid key=value pair in Authorization header: '",
    '?X-Amz-Security-Token=',
    '"\\n\\u00e9&amp;&#233;%C3%A9"',
    '"%"',
    '"é€😀"',
  ),
  fc.string({ maxLength: 40, unit: 'grapheme' }).map((text) => `"${text}"`),
  fc.string({ maxLength: 300 }).map((text) => `<${text}>`),
);
