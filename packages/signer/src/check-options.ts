import { shown } from './errors.ts';
import { emptyRecord } from './empty-record.ts';

/** What an option can be. */
export interface OptionRule {
  /** What it can be, in words that follow `expected`. */
  readonly expected: string;
  /** Whether a value is one of these. */
  readonly holds: (value: unknown) => boolean;
  /** Whether a string that somebody gave there could be a secret, so that no error shows it. */
  readonly isSecret?: boolean;
}

/** For each option of an interface, what it can be. */
export type OptionRules<Options> = Readonly<Record<keyof Options & string, OptionRule>>;

/** An option that is `true` or `false`. */
export const FLAG: OptionRule = {
  expected: 'true or false',
  holds: (value) => typeof value === 'boolean',
};
/** How long a signature in the query is good. */
export const EXPIRES_IN: OptionRule = {
  expected: 'a whole number of seconds from 1 to 604800 (7 days)',
  holds: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 604_800,
};
/** An option that is a function. */
export const FUNCTION: OptionRule = {
  expected: 'a function',
  holds: (value) => typeof value === 'function',
};

/** An option that is one of these words. */
export function oneOf(...values: string[]): OptionRule {
  return {
    expected: `'${values.join("' or '")}'`,
    holds: (value) => values.includes(value as string),
  };
}

/** An option that is a text of this form. */
export function matching(pattern: RegExp, expected: string): OptionRule {
  return { expected, holds: (value) => typeof value === 'string' && pattern.test(value) };
}

/**
 * Reads options: their own properties only, so that nothing that somebody put on
 * `Object.prototype` becomes an option.
 *
 * @param what the options are of, for the error
 * @returns a copy that inherits nothing, without those that are `undefined`
 * @throws {TypeError} naming an option that is unknown or wrong, and what it can be
 */
export function readOptions<Options extends object>(
  options: Options,
  rules: OptionRules<Options>,
  what = 'options',
): Options {
  if (typeof options !== 'object' || options === null) {
    const names = Object.keys(rules).join(', ');
    throw unexpected(what, `an object with ${names}`, options, true);
  }
  const read = emptyRecord() as object as Options;
  for (const name of Object.keys(options) as (keyof Options & string)[]) {
    if (!Object.hasOwn(rules, name)) throw unknownOption(name, Object.keys(rules));
    const value = options[name];
    if (value === undefined) continue;
    checkOption(rules[name], value, name);
    read[name] = value;
  }
  return read;
}

/** @throws {TypeError} naming the option and what it can be */
export function checkOption(rule: OptionRule, value: unknown, name: string): void {
  if (!rule.holds(value)) throw unexpected(name, rule.expected, value, rule.isSecret === true);
}

export function unexpected(
  name: string,
  expected: string,
  got: unknown,
  isSecret = false,
): TypeError {
  const what = isSecret && typeof got === 'string' ? 'a string' : shown(got);
  return new TypeError(`${name}: expected ${expected}, got ${what}`);
}

function unknownOption(name: string, names: readonly string[]): TypeError {
  const [nearest = ''] = names.toSorted((a, b) => distance(name, a) - distance(name, b));
  const meant = distance(name, nearest) <= 3 ? `. Did you mean ${nearest}?` : '';
  return new TypeError(`${name}: there is no such option; there are ${names.join(', ')}${meant}`);
}

/** How many letters have to change: Levenshtein's distance, without regard to case. */
function distance(from: string, to: string): number {
  const [a, b] = [from.slice(0, 40).toLowerCase(), to.toLowerCase()];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/**
 * Reads a field of an object, or of its class: requests and credentials can be instances. What
 * somebody put on `Object.prototype` does not count, since it would be part of everybody's.
 */
export function field(object: object, name: string): unknown {
  for (let holder: object | null = object; holder;) {
    const next = Object.getPrototypeOf(holder) as object | null;
    // The root of all classes has none before it; another realm (Jest) has a root of its own.
    if (Object.hasOwn(holder, name) && (next || holder === object))
      return Reflect.get(object, name);
    holder = next;
  }
  return undefined;
}
