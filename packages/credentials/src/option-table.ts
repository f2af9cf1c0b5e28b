/**
 * What an option can be: in words that end "expected …", and a test of values that are given.
 * `required` means that it must be given. A value that fails a regular expression is shown in the
 * error; one that fails a function is not, if it is a text.
 */
export type Rule = readonly [
  expected: string,
  accepts: RegExp | ((value: unknown) => boolean),
  need?: 'required',
];

/** A rule for each option there is. */
export type OptionTable<Options> = Readonly<Record<keyof Options, Rule>>;

/**
 * Checks options, and takes them over: what their caller changes later is not seen, and what every
 * object inherits from a polluted `Object.prototype` is no option.
 *
 * @param subject the function whose options they are
 * @returns an object without a prototype
 * @throws {TypeError} naming the wrong option, what it can be and what was given
 */
export function readOptions<Options extends object>(
  subject: string,
  given: Options,
  table: OptionTable<Options>,
): Options {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`${subject}: expected an object of options`);
  }
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(table, name)) continue;
    const known = Object.keys(table).join(', ');
    throw new TypeError(`${subject}: ${name}: there is no such option; there are ${known}`);
  }
  const read: Partial<Record<string, unknown>> = {};
  for (const [name, [expected, accepts, need]] of Object.entries<Rule>(table)) {
    const value = ownValue(given, name as keyof Options);
    if (value === undefined && need === undefined) continue;
    if (!holds(accepts, value)) {
      const got = show(value, accepts instanceof RegExp);
      throw new TypeError(`${subject}: ${name}: expected ${expected}, got ${got}`);
    }
    read[name] = value;
  }
  return bare(read as Options);
}

/** What an object has itself, whatever it inherits. */
export function ownValue<T extends object, Name extends keyof T>(
  object: T,
  name: Name,
): T[Name] | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The same fields without a prototype: whoever reads others there finds nothing. */
export function bare<T extends object>(fields: T): T {
  return Object.assign(Object.create(null) as T, fields);
}

export function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

export function isFlag(value: unknown): boolean {
  return typeof value === 'boolean';
}

export function isNumber(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

function holds(accepts: Rule[1], value: unknown): boolean {
  if (typeof accepts === 'function') return accepts(value);
  return typeof value === 'string' && accepts.test(value);
}

/** Short, and never an object's content. */
function show(value: unknown, isText: boolean): string {
  if (typeof value === 'string' && isText) return JSON.stringify(value.slice(0, 80));
  return typeof value === 'number' ? String(value) : typeof value;
}
