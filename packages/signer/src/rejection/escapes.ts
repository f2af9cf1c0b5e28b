/** Text as folded code units, each with the place in the source where it begins. */
export interface CodeUnits {
  readonly codes: Uint16Array;
  /** One more than there are codes: the last is where the source ends. */
  readonly starts: Uint32Array;
  readonly length: number;
}

/**
 * Equal for what spellings make equal: the case of hexadecimal digits, the space that a form
 * writes as `+`, and the two alphabets of base64.
 */
const FOLDED: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code).toLowerCase();
  return ({ ' ': '+', '-': '+', _: '/' }[character] ?? character).charCodeAt(0);
});

export function fold(code: number): number {
  return code < 128 ? (FOLDED[code] as number) : code;
}

/** A text as it is. */
export function asItIs(source: Uint16Array): CodeUnits {
  const { length } = source;
  const codes = new Uint16Array(length);
  const starts = new Uint32Array(length + 1);
  for (let at = 0; at < length; at += 1) {
    codes[at] = fold(source[at] as number);
    starts[at] = at;
  }
  starts[length] = length;
  return { codes, starts, length };
}

const PERCENT = 0x25;
const AMPERSAND = 0x26;
const BACKSLASH = 0x5c;

/** What {@link escapeAt} gives where no escape begins, and where the text ends within one. */
const NONE = 0;
const CUT = -1;

/** An escape's code and length in one number, so that reading a text makes no garbage. */
function found(code: number, length: number): number {
  return code <= 0xffff ? fold(code) * 16 + length : NONE;
}

/**
 * Takes one layer of escapes off: percent-encoding, the escapes of JSON and JavaScript, and the
 * references of XML and HTML, each wherever it stands.
 *
 * @param isEnd whether the source ends here; if not, the text is given up to an escape that is cut
 * @returns `undefined` if the text has none
 */
export function unescaped(
  { codes, starts, length }: CodeUnits,
  isEnd: boolean,
): CodeUnits | undefined {
  let at = 0;
  while (at < length && !isIntroducer(codes[at] as number)) at += 1;
  if (at === length) return undefined;
  const plain = new Uint16Array(length);
  const origins = new Uint32Array(length + 1);
  plain.set(codes.subarray(0, at));
  origins.set(starts.subarray(0, at));
  let count = at;
  while (at < length) {
    const code = codes[at] as number;
    const escape = isIntroducer(code) ? escapeAt(codes, at, length) : NONE;
    if (escape === CUT && !isEnd) break;
    plain[count] = escape > 0 ? escape >>> 4 : code;
    origins[count] = starts[at] as number;
    count += 1;
    at += escape > 0 ? escape & 15 : 1;
  }
  if (count === length) return undefined;
  origins[count] = starts[at] as number;
  return { codes: plain, starts: origins, length: count };
}

function isIntroducer(code: number): boolean {
  return code === PERCENT || code === AMPERSAND || code === BACKSLASH;
}

function escapeAt(codes: Uint16Array, at: number, end: number): number {
  switch (codes[at]) {
    case PERCENT:
      return hexadecimal(codes, at, 1, 2, end);
    case BACKSLASH:
      return backslashed(codes, at, end);
    default:
      return reference(codes, at, end);
  }
}

/** An escape of exactly `digits` hexadecimal digits after `prefix` other characters. */
function hexadecimal(
  codes: Uint16Array,
  at: number,
  prefix: number,
  digits: number,
  end: number,
): number {
  let code = 0;
  for (let index = at + prefix; index < at + prefix + digits; index += 1) {
    if (index >= end) return CUT;
    const digit = digitOf(codes[index] as number);
    if (digit > 15) return NONE;
    code = code * 16 + digit;
  }
  return found(code, prefix + digits);
}

/** `\u003d`, `\x3d`, and a backslash before what is no letter or digit: `\/`. */
function backslashed(codes: Uint16Array, at: number, end: number): number {
  if (at + 1 >= end) return CUT;
  const next = codes[at + 1] as number;
  if (next === 0x75) return hexadecimal(codes, at, 2, 4, end);
  if (next === 0x78) return hexadecimal(codes, at, 2, 2, end);
  return digitOf(next) < 36 ? NONE : found(next, 2);
}

/** The characters that a header value may hold and that HTML has a name for. */
const NAMED: ReadonlyMap<string, number> = new Map(
  Object.entries({
    amp: '&',
    apos: "'",
    ast: '*',
    bsol: '\\',
    colon: ':',
    comma: ',',
    commat: '@',
    dollar: '$',
    equals: '=',
    excl: '!',
    grave: '`',
    gt: '>',
    hat: '^',
    lbrace: '{',
    lbrack: '[',
    lcub: '{',
    lowbar: '_',
    lpar: '(',
    lsqb: '[',
    lt: '<',
    nbsp: ' ',
    num: '#',
    percnt: '%',
    period: '.',
    plus: '+',
    quest: '?',
    quot: '"',
    rbrace: '}',
    rbrack: ']',
    rcub: '}',
    rpar: ')',
    rsqb: ']',
    semi: ';',
    sol: '/',
    verbar: '|',
    vert: '|',
  }).map(([name, character]) => [name, character.charCodeAt(0)]),
);
const LONGEST_NAME = 6;

/** `&#61;`, `&#x3D;`, with or without the semicolon, and `&equals;`. */
function reference(codes: Uint16Array, at: number, end: number): number {
  if (at + 1 >= end) return CUT;
  if (codes[at + 1] === 0x23) return numericReference(codes, at, end);
  let name = '';
  for (let index = at + 1; index < end; index += 1) {
    const code = codes[index] as number;
    if (code === 0x3b) return found(NAMED.get(name) ?? 0x1_0000, index + 1 - at);
    const digit = digitOf(code);
    if (digit < 10 || digit > 35 || name.length === LONGEST_NAME) return NONE;
    name += String.fromCharCode(code);
  }
  return CUT;
}

function numericReference(codes: Uint16Array, at: number, end: number): number {
  const isHexadecimal = codes[at + 2] === 0x78;
  const base = isHexadecimal ? 16 : 10;
  const first = at + (isHexadecimal ? 3 : 2);
  const last = Math.min(first + 7, end);
  let code = 0;
  let index = first;
  for (; index < last; index += 1) {
    const digit = digitOf(codes[index] as number);
    if (digit >= base) break;
    code = code * base + digit;
  }
  if (index >= end) return CUT;
  if (index === first) return NONE;
  return found(code, index + (codes[index] === 0x3b ? 1 : 0) - at);
}

/** 0 to 35 for a digit or a letter, above for anything else. */
function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x7a ? code - 0x57 : 99;
}
