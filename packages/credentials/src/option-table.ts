/** What an option can be. */
export interface OptionRule {
  readonly accepts: (value: unknown) => boolean;
  /** Ends "expected …". */
  readonly expected: string;
  /** Whether a wrong text may stand in the error. */
  readonly isShown?: boolean;
}

/**
 * One for each option. They are made by functions: bundlers keep what a constant calls, needed or
 * not.
 */
export type OptionRules<Options> = Readonly<Record<keyof Options, OptionRule>>;

/**
 * @param subject the function whose options they are
 * @throws {TypeError} naming the wrong option, what it can be and what was given
 */
export function checkOptions(
  subject: string,
  options: object,
  rules: Readonly<Record<string, OptionRule>>,
): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${subject}: expected an object of options`);
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(rules, name)) continue;
    const known = Object.keys(rules).join(', ');
    throw new TypeError(`${subject}: ${name}: there is no such option; there are ${known}`);
  }
  for (const [name, { accepts, expected, isShown = false }] of Object.entries(rules)) {
    const value = (options as Record<string, unknown>)[name];
    if (accepts(value)) continue;
    throw new TypeError(`${subject}: ${name}: expected ${expected}, got ${show(value, isShown)}`);
  }
}

export function optional(rule: OptionRule): OptionRule {
  return { ...rule, accepts: (value) => value === undefined || rule.accepts(value) };
}

export function text(pattern: RegExp, expected: string): OptionRule {
  const accepts = (value: unknown): boolean => typeof value === 'string' && pattern.test(value);
  return { accepts, expected, isShown: true };
}

export function seconds(least: number, most: number): OptionRule {
  return {
    accepts: (value) => typeof value === 'number' && value >= least && value <= most,
    expected: `a number of seconds from ${least} to ${most}`,
  };
}

export function wholeSeconds(least: number, most: number): OptionRule {
  return {
    accepts: (value) => Number.isInteger(value) && seconds(least, most).accepts(value),
    expected: `a whole number of seconds from ${least} to ${most}`,
  };
}

export const isFunction: OptionRule = {
  accepts: (value) => typeof value === 'function',
  expected: 'a function',
};

export const isFlag: OptionRule = {
  accepts: (value) => typeof value === 'boolean',
  expected: 'true or false',
};

/** Short, and never an object's content. */
function show(value: unknown, isShown: boolean): string {
  if (typeof value === 'string' && isShown) return JSON.stringify(value.slice(0, 80));
  return typeof value === 'number' ? String(value) : typeof value;
}
