import { didYouMean } from '../shape.ts';
import { loadConditions, type Condition, type ConditionBlock } from './condition-operators.ts';
import { pattern, resourcePattern, type Pattern } from './policy-pattern.ts';
import { loadPrincipals, type PrincipalElement, type Principals } from './policy-principal.ts';

/** An IAM policy, as JSON. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Id?: string;
  readonly Statement: PolicyStatement | readonly PolicyStatement[];
}

/** Has `Action` or `NotAction`, and, except in trust policies, `Resource` or `NotResource`. */
export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  /** Only resource and trust policies have one. `NotPrincipal` is not supported. */
  readonly Principal?: PrincipalElement;
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: ConditionBlock;
}

/** A statement, checked and in one form. */
export interface Statement {
  /** For the explanation of a denial. */
  readonly name: string;
  readonly effect: 'Allow' | 'Deny';
  /** `undefined` in identity and session policies. */
  readonly principals: Principals | undefined;
  readonly action: Pattern;
  readonly resource: Pattern;
  readonly conditions: readonly Condition[];
}

/** A session policy is an identity policy too. */
export type PolicyKind = 'identity' | 'resource' | 'trust';

export const POLICY_FIELDS: readonly string[] = ['Version', 'Id', 'Statement'];
export const STATEMENT_FIELDS: readonly string[] =
  'Sid Effect Principal Action NotAction Resource NotResource Condition'.split(' ');

/**
 * @param name for error messages
 * @param expand completes a resource pattern, where AWS allows a short form
 * @throws {TypeError} at whatever this does not know: nothing in a policy is ignored
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 */
export function loadPolicy(
  document: PolicyDocument,
  kind: PolicyKind,
  name: string,
  expand: (resource: string) => string = (resource) => resource,
): readonly Statement[] {
  if (typeof document !== 'object' || document === null)
    throw new TypeError(`${name}: expected an object`);
  expectFields(document, POLICY_FIELDS, name);
  if (document.Version !== '2012-10-17')
    throw new TypeError(`${name}: Version must be '2012-10-17'`);
  const sids = new Set<string>();
  return list(document.Statement).map((statement, at) => {
    const where = `${name}, statement ${statement?.Sid ?? at + 1}`;
    if (typeof statement !== 'object' || statement === null)
      throw new TypeError(`${where}: expected an object`);
    if (statement.Sid !== undefined && sids.size === sids.add(statement.Sid).size)
      throw new TypeError(`${where}: its Sid is not unique within the policy`);
    return loadStatement(statement, kind, where, expand);
  });
}

function loadStatement(
  statement: PolicyStatement,
  kind: PolicyKind,
  where: string,
  expand: (resource: string) => string,
): Statement {
  expectFields(statement, STATEMENT_FIELDS, where);
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny')
    throw new TypeError(`${where}: Effect must be 'Allow' or 'Deny'`);
  if (kind === 'identity' && statement.Principal !== undefined)
    throw new TypeError(`${where}: an identity policy has no Principal`);
  if (kind === 'trust' && (statement.Resource ?? statement.NotResource) !== undefined)
    throw new TypeError(`${where}: a trust policy has no Resource`);
  return {
    name: where,
    effect: statement.Effect,
    principals: kind === 'identity' ? undefined : loadPrincipals(statement.Principal, where),
    action: eitherOr(statement, 'Action', where, (text) => actionPattern(text, where)),
    resource:
      kind === 'trust'
        ? () => true
        : eitherOr(statement, 'Resource', where, (text) => resourcePattern(expand(text), where)),
    conditions: loadConditions(statement.Condition, where),
  };
}

function expectFields(value: object, fields: readonly string[], where: string): void {
  const unknown = Object.keys(value).find((field) => !fields.includes(field));
  if (unknown !== undefined) {
    throw new TypeError(`${where}: ${unknown} is not supported${didYouMean(unknown, fields)}`);
  }
}

/** Matches what `Action` names, or everything but what `NotAction` names. */
function eitherOr(
  statement: PolicyStatement,
  field: 'Action' | 'Resource',
  where: string,
  load: (text: string) => Pattern,
): Pattern {
  const { [field]: wanted, [`Not${field}` as const]: unwanted } = statement;
  if (wanted === undefined && unwanted === undefined)
    throw new TypeError(`${where}: ${field} is missing`);
  if (wanted !== undefined && unwanted !== undefined)
    throw new TypeError(`${where}: ${field} and Not${field} exclude each other`);
  const patterns = list(wanted ?? unwanted).map((text) => {
    if (typeof text !== 'string') throw new TypeError(`${where}: ${field} must be text`);
    return load(text);
  });
  return (value, context) =>
    patterns.some((matches) => matches(value, context)) === (wanted !== undefined);
}

function actionPattern(text: string, where: string): Pattern {
  if (!/^(?:\*|[\w-]+:[\w*?]+)$/.test(text))
    throw new TypeError(`${where}: ${text} is not an action such as execute-api:Invoke`);
  return pattern(text, { wildcards: 'text', ignoreCase: true }, where);
}

function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
