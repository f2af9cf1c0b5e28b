import { kindOfKey, type ConditionContext, type Reading } from './condition-keys.ts';

/** Whether a value is as a policy wants it. The context resolves policy variables. */
export type Pattern = (value: string, context: ConditionContext) => boolean;

/**
 * How `*` and `?` are read: not at all; as any text; in an ARN, where each of its six parts is
 * matched by itself; or in a resource, where a `*` that ends a part may go beyond it.
 */
type Wildcards = 'none' | 'text' | 'arn' | 'resource';

interface Options {
  readonly wildcards: Wildcards;
  readonly ignoreCase?: boolean;
}

/** Text as it stands, or a policy variable. */
type Piece =
  | { readonly text: string; readonly isLiteral: boolean }
  | { readonly key: string; readonly fallback: string | undefined };

/**
 * @throws {TypeError} at a policy variable that this does not know
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function pattern(text: string, options: Options, at: Reading): Pattern {
  const pieces = at.hasVariables ? parse(text, at) : [{ text, isLiteral: false }];
  if (pieces.every((piece) => 'text' in piece)) {
    const fixed = expression(pieces, new Map(), options);
    return (value) => fixed?.test(value) ?? false;
  }
  // A variable that the request has no value for matches nothing.
  return (value, context) => expression(pieces, context, options)?.test(value) ?? false;
}

/** A resource or `*`. @throws {TypeError} if it is neither */
export function resourcePattern(text: string, at: Reading): Pattern {
  if (text === '*') return () => true;
  requireArn(text, at.where);
  return pattern(text, { wildcards: 'resource' }, at);
}

/** @throws {TypeError} if it has not the six parts of an ARN */
export function arnPattern(text: string, at: Reading): Pattern {
  requireArn(text, at.where);
  return pattern(text, { wildcards: 'arn' }, at);
}

function requireArn(text: string, where: string): void {
  const parts = text.replaceAll(/\$\{[^}]*\}/g, '').split(':');
  if (parts.length < 6 || parts[0] !== 'arn')
    throw new TypeError(`${where}: ${text} must be in ARN format or "*"`);
}

function parse(text: string, { where, isServed }: Reading): Piece[] {
  const pieces: Piece[] = [];
  for (const part of text.split(/(\$\{[^}]*\}?)/)) {
    if (!part.startsWith('${')) {
      pieces.push({ text: part, isLiteral: false });
      continue;
    }
    const escaped = /^\$\{([*?$])\}$/.exec(part)?.[1];
    if (escaped !== undefined) {
      pieces.push({ text: escaped, isLiteral: true });
      continue;
    }
    const [, key, fallback] = /^\$\{\s*([^},']+?)\s*(?:,\s*'([^']*)'\s*)?\}$/.exec(part) ?? [];
    if (key === undefined || (isServed && kindOfKey(key) !== 'single'))
      throw new TypeError(`${where}: the policy variable ${part} is not supported`);
    pieces.push({ key: key.toLowerCase(), fallback });
  }
  return pieces;
}

function expression(
  pieces: readonly Piece[],
  context: ConditionContext,
  { wildcards, ignoreCase = false }: Options,
): RegExp | undefined {
  let source = '';
  let colons = 0;
  for (const piece of pieces) {
    if ('key' in piece) {
      const value = context.get(piece.key)?.[0] ?? piece.fallback;
      if (value === undefined) return undefined;
      source += escape(value);
    } else if (piece.isLiteral || wildcards === 'none') {
      source += escape(piece.text);
    } else {
      const characters = Array.from(piece.text);
      for (const [at, character] of characters.entries()) {
        const inPart = wildcards === 'text' || colons >= 5 ? '.' : '[^:]';
        const endsPart = wildcards === 'resource' && characters[at + 1] === ':';
        if (character === ':') colons += 1;
        if (character === '*') source += endsPart ? '.*' : `${inPart}*`;
        else source += character === '?' ? inPart : escape(character);
      }
    }
  }
  return new RegExp(`^${source}$`, ignoreCase ? 'is' : 's');
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
