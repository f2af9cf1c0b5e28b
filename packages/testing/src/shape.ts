/** What a value must be. Tables of shapes are what checks definitions and makes the JSON schema. */
export type Shape =
  | { readonly is: 'text'; readonly pattern?: RegExp; readonly like?: string }
  | { readonly is: 'number'; readonly from: number; readonly to: number }
  | { readonly is: 'flag' | 'function' | 'object' | 'anything' }
  | { readonly is: 'policy'; readonly orArn?: boolean }
  | { readonly is: 'choice'; readonly of: readonly string[] }
  /** `item` is what error messages call one of them, if it needs no word on where it is. */
  | {
      readonly is: 'list';
      readonly of: Shape;
      readonly item?: ((value: unknown, at: number) => string) | undefined;
    }
  | {
      readonly is: 'map';
      readonly of: Shape;
      readonly item?: ((name: string) => string) | undefined;
      readonly names?: readonly string[] | undefined;
    }
  | RecordShape
  /** One of several records; a field says which. */
  | {
      readonly is: 'variants';
      readonly by: string;
      readonly of: Readonly<Record<string, RecordShape>>;
      readonly fallback: string;
    };

export interface RecordShape {
  readonly is: 'record';
  /** The interface that says the same in TypeScript, and documents it. */
  readonly type: string;
  /** For error messages: `an HTTP API`. */
  readonly what: string;
  readonly fields: Readonly<Record<string, Field>>;
  /** Whether its parts can be named without it. */
  readonly isRoot?: boolean;
  /** What has other fields: named if one of them is used here. */
  readonly others?: readonly RecordShape[];
}

export type Field = Shape & { readonly isRequired?: boolean };

/** All fields of an interface, so that TypeScript tells when a table lacks one. */
export type Fields<T> = { readonly [K in keyof Required<T>]: Field };

export const TEXT: Shape = { is: 'text' };
export const FLAG: Shape = { is: 'flag' };
export const FUNCTION: Shape = { is: 'function' };
export const POLICY: Shape = { is: 'policy' };
export const ANYTHING: Shape = { is: 'anything' };

export function required(shape: Shape): Field {
  return { ...shape, isRequired: true };
}

export function choice(...of: readonly string[]): Shape {
  return { is: 'choice', of };
}

export function listOf(of: Shape, item?: (value: unknown, at: number) => string): Shape {
  return { is: 'list', of, item };
}

/** @param names the only ones that there are */
export function mapOf(
  of: Shape,
  item?: (name: string) => string,
  names?: readonly string[],
): Shape {
  return { is: 'map', of, item, names };
}

/**
 * Policies, and lists of them, are not looked into: they are checked where they are loaded.
 *
 * @param where for error messages: what the value is called
 * @param within what it is a part of; empty for what is its own
 * @throws {TypeError} at the first name or value that the shape does not have
 */
export function check(value: unknown, shape: Shape, where: string, within = ''): void {
  const named = (item: string | undefined, plain: string): string =>
    item === undefined ? `${where}, ${plain}` : `${within && `${within}, `}${item}`;
  const expected = (what: string): TypeError =>
    new TypeError(`${where}: expected ${what}, got ${shown(value)}`);
  switch (shape.is) {
    case 'text':
      if (typeof value !== 'string') throw expected('a text');
      if (shape.pattern?.test(value) === false) throw expected(String(shape.like));
      return undefined;
    case 'number':
      if (Number.isInteger(value) && shape.from <= Number(value) && Number(value) <= shape.to)
        return undefined;
      throw expected(`a number from ${shape.from} to ${shape.to}`);
    case 'flag':
      if (typeof value !== 'boolean') throw expected('true or false');
      return undefined;
    case 'function':
      if (typeof value !== 'function') throw expected('a function');
      return undefined;
    case 'choice':
      if (shape.of.includes(value as string)) return undefined;
      throw new TypeError(
        `${where} must be ${either(shape.of.map((one) => `'${one}'`))}, got ${shown(value)}${didYouMean(value, shape.of)}`,
      );
    case 'list':
      if (shape.of.is === 'policy') return undefined;
      if (!Array.isArray(value)) throw expected('a list');
      for (const [at, one] of value.entries())
        check(one, shape.of, named(shape.item?.(one, at), `number ${at + 1}`));
      return undefined;
    case 'map':
      for (const [name, one] of Object.entries(object(value, where))) {
        if (shape.names?.includes(name) === false)
          throw new TypeError(`${where}: ${name} is not supported${didYouMean(name, shape.names)}`);
        check(one, shape.of, named(shape.item?.(name), name));
      }
      return undefined;
    case 'record':
      return checkRecord(object(value, where), shape, where);
    case 'variants': {
      const kind = object(value, where)[shape.by] ?? shape.fallback;
      check(kind, choice(...Object.keys(shape.of)), `${where}: ${shape.by}`);
      return check(value, shape.of[kind as string] as RecordShape, where);
    }
    case 'policy':
      if (shape.orArn && typeof value === 'string') return undefined;
      return void object(value, where);
    case 'object':
      return void object(value, where);
    default:
      return undefined;
  }
}

function object(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new TypeError(`${where}: expected an object, got ${shown(value)}`);
}

function checkRecord(
  value: Readonly<Record<string, unknown>>,
  shape: RecordShape,
  where: string,
): void {
  const names = Object.keys(shape.fields);
  const unknown = Object.keys(value).filter((name) => !Object.hasOwn(shape.fields, name));
  const havingIt = (name: string): RecordShape[] =>
    shape.others?.filter(({ fields }) => Object.hasOwn(fields, name)) ?? [];
  // A name that there is nowhere comes first: it may be the misspelt one that says which kind it is.
  const name = unknown.find((one) => havingIt(one).length === 0) ?? unknown[0];
  if (name !== undefined) {
    const others = havingIt(name).map(({ what }) => what);
    throw new TypeError(
      others.length > 0
        ? `${where}: ${shape.what} has no ${name}; only ${others.join(' and ')} can have it`
        : `${where}: there is no ${name}; there are ${names.join(', ')}${didYouMean(name, names)}`,
    );
  }
  const within = shape.isRoot ? '' : where;
  for (const [field, inner] of Object.entries(shape.fields)) {
    const one = value[field];
    const isMany = inner.is === 'map' || inner.is === 'list';
    if (one !== undefined)
      check(one, inner, within === '' ? field : `${within}${isMany ? ',' : ':'} ${field}`, within);
    else if (inner.isRequired) throw new TypeError(`${where}: ${field} is missing`);
  }
}

/** The start of a sentence's end: `; did you mean …?`, or nothing if none is near. */
export function didYouMean(given: unknown, names: readonly string[]): string {
  if (typeof given !== 'string') return '';
  const lower = given.toLowerCase();
  const [nearest] = names
    .map((name) => ({
      name,
      // A part of a name stands for it: `auth`.
      edits: name.toLowerCase().includes(lower) ? 0 : editsBetween(lower, name.toLowerCase()),
    }))
    .filter(({ name, edits }) => edits <= Math.ceil(name.length / 2))
    .toSorted((a, b) => a.edits - b.edits);
  return nearest === undefined ? '' : `; did you mean ${nearest.name}?`;
}

/** Levenshtein's distance. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [at, character] of Array.from(a).entries()) {
    const next = [at + 1];
    for (let other = 0; other < b.length; other += 1) {
      next.push(
        Math.min(
          (row[other] as number) + (b[other] === character ? 0 : 1),
          (row[other + 1] as number) + 1,
          (next[other] as number) + 1,
        ),
      );
    }
    row = next;
  }
  return row[b.length] as number;
}

/** `a, b or c` */
function either(names: readonly string[]): string {
  return names.length === 1
    ? String(names[0])
    : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/** A value that is wrong may be long, or a secret in the wrong place: only short texts are quoted. */
function shown(value: unknown): string {
  if (typeof value === 'string') return value.length <= 40 ? JSON.stringify(value) : 'a long text';
  if (value === null || typeof value !== 'object') return String(value);
  return Array.isArray(value) ? 'a list' : 'an object';
}
