import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { SHAPES } from '../../packages/testing/src/harness/definition-shapes.ts';
import { POLICY_FIELDS, STATEMENT_FIELDS } from '../../packages/testing/src/iam/policy-document.ts';
import type { Field, RecordShape, Shape } from '../../packages/testing/src/shape.ts';

const SOURCES = join(import.meta.dirname, '../../packages/testing/src');

/** The JSON schema of the command line's file: the table of shapes, with what the types' docs say. */
export function jsonSchema(): object {
  const docs = documentation();
  const definitions: Record<string, object> = { Policy: policy(docs) };

  function of(shape: Shape): object {
    switch (shape.is) {
      case 'text':
        return { type: 'string', ...(shape.pattern && { pattern: shape.pattern.source }) };
      case 'number':
        return { type: 'integer', minimum: shape.from, maximum: shape.to };
      case 'flag':
        return { type: 'boolean' };
      case 'choice':
        return { enum: shape.of };
      case 'list':
        return { type: 'array', items: of(shape.of) };
      case 'map':
        return {
          type: 'object',
          additionalProperties: of(shape.of),
          ...(shape.names && { propertyNames: { enum: shape.names } }),
        };
      case 'record':
        definitions[shape.type] ??= record(shape);
        return { $ref: `#/$defs/${shape.type}` };
      case 'variants':
        return variants(shape.by, Object.entries(shape.of));
      case 'policy':
        return shape.orArn
          ? { anyOf: [{ $ref: '#/$defs/Policy' }, { type: 'string' }] }
          : { $ref: '#/$defs/Policy' };
      case 'object':
        return { type: 'object' };
      default:
        return {};
    }
  }

  /** The first is what a missing field means; the last is what no other is. */
  function variants(by: string, [first, ...more]: [string, RecordShape][]): object {
    if (first === undefined) return {};
    const [kind, shape] = first;
    if (more.length === 0) return of(shape);
    return {
      if: { properties: { [by]: { const: kind } } },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON schema
      then: of(shape),
      else: variants(by, more),
    };
  }

  function record({ type, fields }: RecordShape): object {
    // A file holds no functions.
    const entries = Object.entries(fields).filter(([, field]) => field.is !== 'function');
    const withDocs = ([name, field]: [string, Field]): [string, object] => {
      const description = docs.get(`${type}.${name}`);
      return [name, { ...(description !== undefined && { description }), ...of(field) }];
    };
    return {
      type: 'object',
      properties: Object.fromEntries(entries.map(withDocs)),
      required: entries.filter(([, field]) => field.isRequired).map(([name]) => name),
      additionalProperties: false,
    };
  }

  const root = record(SHAPES.file);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A local AWS of @sigv4/testing',
    ...root,
    $defs: definitions,
  };
}

function policy(docs: ReadonlyMap<string, string>): object {
  const properties = (type: string, names: readonly string[]): Record<string, object> =>
    Object.fromEntries(
      names.map((name) => {
        const description = docs.get(`${type}.${name}`);
        return [name, description === undefined ? {} : { description }];
      }),
    );
  const statement = {
    type: 'object',
    properties: {
      ...properties('PolicyStatement', STATEMENT_FIELDS),
      Effect: { enum: ['Allow', 'Deny'] },
    },
    required: ['Effect'],
    additionalProperties: false,
  };
  return {
    type: 'object',
    properties: {
      ...properties('PolicyDocument', POLICY_FIELDS),
      Statement: { anyOf: [statement, { type: 'array', items: statement }] },
    },
    required: ['Statement'],
    additionalProperties: false,
  };
}

/**
 * `Interface.field` → what its docstring says, also of the interfaces that it extends. Routes of a
 * file have a `response` besides.
 */
export function documentation(): ReadonlyMap<string, string> {
  const parents = new Map<string, string[]>();
  const own = new Map<string, Map<string, string>>();
  for (const file of globSync('**/*.ts', { cwd: SOURCES })) {
    const text = readFileSync(join(SOURCES, file), 'utf8');
    const interfaces = text.matchAll(
      /^(?:export )?interface (\w+)(?:<[^>]*>)?(?: extends ([\w<>, ]+?))? \{\n(.*?)^\}/gms,
    );
    for (const [, name = '', extended = '', body = ''] of interfaces) {
      parents.set(name, extended.replaceAll(/<[^>]*>/g, '').split(/, */));
      own.set(name, new Map(fieldsOf(body)));
    }
  }
  const all = new Map<string, string>();
  const add = (to: string, from: string): void => {
    for (const parent of parents.get(from) ?? []) add(to, parent);
    for (const [field, text] of own.get(from) ?? []) all.set(`${to}.${field}`, text);
  };
  for (const name of own.keys()) {
    add(name, name);
    if (/Route$|UrlDefinition$/.test(name)) add(name, 'WithResponse');
  }
  return all;
}

function fieldsOf(body: string): [name: string, docs: string][] {
  const fields = body.matchAll(/ {2}\/\*\*((?:(?!\*\/).)*)\*\/\n {2}(?:readonly )?(\$?\w+)\??:/gs);
  return [...fields].map(([, docs = '', name = '']) => [
    name,
    docs
      .split('\n')
      .map((line) => line.replace(/^\s*\*?\s*/, ''))
      .join(' ')
      .trim(),
  ]);
}
