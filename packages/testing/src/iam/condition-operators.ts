import { BlockList, isIPv4, isIPv6 } from 'node:net';

import { conditionKey, kindOfKey, type ConditionContext, type Reading } from './condition-keys.ts';
import { didYouMean } from '../shape.ts';
import { arnPattern, pattern, type Pattern } from './policy-pattern.ts';

/** `{ StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }` */
export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, ConditionValue>>>>;
type Scalar = string | number | boolean;
/** What a condition compares with: one value, or any of several. */
export type ConditionValue = Scalar | readonly Scalar[];

export interface Condition {
  /** For the explanation of a denial: operator and key, and what it wants. */
  readonly text: string;
  readonly wanted: string;
  /** In lower case. */
  readonly key: string;
  readonly holds: (context: ConditionContext) => boolean;
}

interface Operator {
  /** `Not…`: holds if no value matches, and if the request has no such key. */
  readonly isNegated: boolean;
  readonly match: (wanted: string, at: Reading) => Pattern;
}

/**
 * @throws {TypeError} at an operator, a key or a value that this does not know
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function loadConditions(block: ConditionBlock = {}, at: Reading): Condition[] {
  const { where } = at;
  return entries(block, `${where}: Condition`).flatMap(([operator, keys]) =>
    entries(keys, `${where}: ${operator}`).map(([key, value]) =>
      loadCondition(operator, key, (Array.isArray(value) ? value : [value]) as Scalar[], at),
    ),
  );
}

function entries<T>(value: Readonly<Record<string, T>>, where: string): [string, T][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`${where} must be an object`);
  return Object.entries(value);
}

function loadCondition(
  name: string,
  keyName: string,
  scalars: readonly Scalar[],
  at: Reading,
): Condition {
  const { where, isServed } = at;
  const [, set, base = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(name) ?? [];
  const operator = OPERATORS.get(base);
  const isNull = base === 'Null' && set === undefined && ifExists === undefined;
  if (!isNull && operator === undefined && (isServed || base !== 'BinaryEquals')) {
    throw new TypeError(
      `${where}: the condition operator ${name} is not supported${didYouMean(name, [...OPERATORS.keys(), 'Null'])}`,
    );
  }
  const key = conditionKey(keyName, at);
  const text = `${name} ${keyName}`;
  const odd = scalars.find((scalar) => !/^(?:string|number|boolean)$/.test(typeof scalar));
  if (odd !== undefined)
    throw new TypeError(`${where}: ${text}: ${JSON.stringify(odd)} is not text, number or boolean`);
  const values = scalars.map(String);
  const wanted = values.join(' or ');
  if (operator === undefined && !isNull) return { text, wanted, key, holds: () => false };
  if (operator === undefined) {
    const matches = values.map((value) => matchBool(value, at));
    return {
      text,
      wanted,
      key,
      holds: (context) => matches.some((match) => match(String(!context.has(key)), context)),
    };
  }
  if (set === undefined && kindOfKey(key) === 'multiple') {
    throw new TypeError(
      `${where}: ${keyName} has several values; write ForAnyValue:${name} or ForAllValues:${name}`,
    );
  }
  const matches = values.map((value) => operator.match(value, at));
  const holds = (context: ConditionContext): boolean => {
    const actual = context.get(key) ?? [];
    if (actual.length === 0) {
      if (ifExists !== undefined || set === 'ForAllValues') return true;
      return set === undefined && operator.isNegated;
    }
    const one = (value: string): boolean =>
      matches.some((match) => match(value, context)) !== operator.isNegated;
    return set === 'ForAnyValue' ? actual.some(one) : actual.every(one);
  };
  return { text, wanted, key, holds };
}

function matchBool(wanted: string, { where }: Reading): Pattern {
  if (!/^(?:true|false)$/i.test(wanted))
    throw new TypeError(`${where}: ${wanted} is not true or false`);
  return (value) => value.toLowerCase() === wanted.toLowerCase();
}

function matchIp(wanted: string, { where }: Reading): Pattern {
  const [address = '', prefix, ...more] = wanted.split('/');
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  const bits = family === 'ipv4' ? 32 : 128;
  const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits);
  if (!(isIPv4(address) || isIPv6(address)) || !isPrefix || more.length > 0)
    throw new TypeError(`${where}: ${wanted} is not an IP address or CIDR range`);
  const range = new BlockList();
  range.addSubnet(address, prefix === undefined ? bits : Number(prefix), family);
  // Compare within one family only: `::/0` includes no IPv4 address.
  const isOfFamily = family === 'ipv4' ? isIPv4 : isIPv6;
  return (value) => isOfFamily(value) && range.check(value, family);
}

type Compare = (actual: number, wanted: number) => boolean;

function matchNumber(compare: Compare): Operator['match'] {
  return matchParsed(compare, 'a number', (text) =>
    /^[+-]?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined,
  );
}

function matchDate(compare: Compare): Operator['match'] {
  return matchParsed(compare, 'a date as ISO 8601 or seconds since 1970', (text) => {
    if (/^\d{5,}$/.test(text)) return Number(text) * 1000;
    const isIso =
      /^\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?)?)?$/;
    const ms = isIso.test(text) ? Date.parse(text) : Number.NaN;
    return Number.isNaN(ms) ? undefined : ms;
  });
}

function matchParsed(
  compare: Compare,
  what: string,
  parse: (text: string) => number | undefined,
): Operator['match'] {
  return (text, { where }) => {
    const wanted = parse(text);
    if (wanted === undefined) throw new TypeError(`${where}: ${text} is not ${what}`);
    return (value) => {
      const actual = parse(value);
      return actual !== undefined && compare(actual, wanted);
    };
  };
}

const COMPARISONS: readonly (readonly [string, Compare, boolean])[] = [
  ['Equals', (a, b) => a === b, false],
  ['NotEquals', (a, b) => a === b, true],
  ['LessThan', (a, b) => a < b, false],
  ['LessThanEquals', (a, b) => a <= b, false],
  ['GreaterThan', (a, b) => a > b, false],
  ['GreaterThanEquals', (a, b) => a >= b, false],
];

const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  [
    ...both('String', 'Equals', (v, at) => pattern(v, { wildcards: 'none' }, at)),
    ...both('String', 'EqualsIgnoreCase', (v, at) =>
      pattern(v, { wildcards: 'none', ignoreCase: true }, at),
    ),
    ...both('String', 'Like', (v, at) => pattern(v, { wildcards: 'text' }, at)),
    ...both('Arn', 'Equals', arnPattern),
    ...both('Arn', 'Like', arnPattern),
    ...both('', 'IpAddress', matchIp),
    ['Bool', matchBool, false] as const,
    ...COMPARISONS.flatMap(
      ([name, compare, isNegated]) =>
        [
          [`Numeric${name}`, matchNumber(compare), isNegated],
          [`Date${name}`, matchDate(compare), isNegated],
        ] as const,
    ),
  ].map(([name, match, isNegated]) => [name, { match, isNegated }]),
);

function both(
  family: string,
  name: string,
  match: Operator['match'],
): readonly (readonly [string, Operator['match'], boolean])[] {
  return [
    [`${family}${name}`, match, false],
    [`${family}Not${name}`, match, true],
  ];
}
