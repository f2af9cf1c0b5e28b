import { didYouMean } from '../shape.ts';
import type { Reading } from './condition-keys.ts';
import { loadConditions, type Condition, type ConditionBlock } from './condition-operators.ts';
import { pattern, resourcePattern, type Pattern } from './policy-pattern.ts';
import { loadPrincipals, type PrincipalElement, type Principals } from './policy-principal.ts';

/** An IAM policy, as JSON. */
export interface PolicyDocument {
  /** Variables are only read in the newer one. Default: the older one, as at AWS. */
  readonly Version?: '2012-10-17' | '2008-10-17';
  readonly Id?: string;
  readonly Statement: PolicyStatement | readonly PolicyStatement[];
}

/** Has `Action` or `NotAction`, and, except in trust policies, `Resource` or `NotResource`. */
export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  /** Only resource and trust policies have one. */
  readonly Principal?: PrincipalElement;
  /** Only resource policies have one: everybody but these. */
  readonly NotPrincipal?: PrincipalElement;
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
  readonly action: Named;
  readonly resource: Named;
  readonly conditions: readonly Condition[];
}

/** A pattern, and what it names, for the explanation of a denial. */
export interface Named {
  readonly text: string;
  readonly matches: Pattern;
}

/** A session policy, a permissions boundary and an SCP are identity policies too. */
export type PolicyKind = 'identity' | 'resource' | 'trust';

export const POLICY_FIELDS: readonly string[] = ['Version', 'Id', 'Statement'];
export const STATEMENT_FIELDS: readonly string[] =
  'Sid Effect Principal NotPrincipal Action NotAction Resource NotResource Condition'.split(' ');

/** All that is ever asked here. A statement that can match none of these is never evaluated. */
const SERVED: readonly string[] = [
  'execute-api:Invoke',
  'execute-api:ManageConnections',
  'lambda:InvokeFunction',
  'lambda:InvokeFunctionUrl',
  's3:DeleteObject',
  's3:GetBucketLocation',
  's3:GetObject',
  's3:ListBucket',
  's3:PutObject',
  'sts:AssumeRole',
  'sts:AssumeRoleWithWebIdentity',
  'sts:SetSourceIdentity',
  'sts:TagSession',
];

const VERSION_RULE = "Version must be '2012-10-17' or '2008-10-17'";

/**
 * Nothing in a policy is ignored. What this cannot evaluate is an error, unless it is in a
 * statement for actions that are never asked here.
 *
 * @param name for error messages
 * @param expand completes a resource pattern, where AWS allows a short form
 * @throws {TypeError} at what AWS does not take, and at what would have to be evaluated and cannot be
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 */
export function loadPolicy(
  document: PolicyDocument,
  kind: PolicyKind,
  name: string,
  expand: (resource: string) => string = (resource) => resource,
): readonly Statement[] {
  if (typeof document !== 'object' || document === null)
    throw new TypeError(`${name}: expected an object, whose ${VERSION_RULE}`);
  expectFields(document, POLICY_FIELDS, name);
  const { Version = '2008-10-17' } = document;
  if (Version !== '2012-10-17' && Version !== '2008-10-17')
    throw new TypeError(`${name}: ${VERSION_RULE}`);
  const sids = new Set<string>();
  return list(document.Statement).map((statement, at) => {
    const where = `${name}, statement ${statement?.Sid ?? at + 1}`;
    if (typeof statement !== 'object' || statement === null)
      throw new TypeError(`${where}: expected an object`);
    if (statement.Sid !== undefined && sids.size === sids.add(statement.Sid).size)
      throw new TypeError(`${where}: its Sid is not unique within the policy`);
    return loadStatement(
      statement,
      kind,
      { where, hasVariables: Version === '2012-10-17' },
      expand,
    );
  });
}

function loadStatement(
  statement: PolicyStatement,
  kind: PolicyKind,
  { where, hasVariables }: Pick<Reading, 'where' | 'hasVariables'>,
  expand: (resource: string) => string,
): Statement {
  expectFields(statement, STATEMENT_FIELDS, where);
  const { Effect, Principal, NotPrincipal, Resource, NotResource, Condition } = statement;
  if (Effect !== 'Allow' && Effect !== 'Deny')
    throw new TypeError(`${where}: Effect must be 'Allow' or 'Deny'`);
  if (kind === 'identity' && (Principal ?? NotPrincipal) !== undefined)
    throw new TypeError(`${where}: an identity policy has no Principal`);
  if (kind === 'trust' && (Resource ?? NotResource) !== undefined)
    throw new TypeError(`${where}: a trust policy has no Resource`);
  if (kind === 'trust' && NotPrincipal !== undefined)
    throw new TypeError(`${where}: a trust policy has no NotPrincipal`);
  const action = eitherOr(statement, 'Action', where, (text) => actionPattern(text, where));
  const named = list(statement.Action ?? statement.NotAction).map((text) =>
    String(text).split(':', 1)[0]?.toLowerCase(),
  );
  const at: Reading = {
    where,
    hasVariables,
    isServed: SERVED.some((one) => action.matches(one, new Map())),
    services: new Set(named as string[]),
  };
  return {
    name: where,
    effect: Effect,
    principals: kind === 'identity' ? undefined : loadPrincipals(Principal, NotPrincipal, at),
    action,
    resource:
      kind === 'trust'
        ? { text: 'the role', matches: () => true }
        : eitherOr(statement, 'Resource', where, (text) => resourcePattern(expand(text), at)),
    conditions: loadConditions(Condition, at),
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
): Named {
  const { [field]: wanted, [`Not${field}` as const]: unwanted } = statement;
  if (wanted === undefined && unwanted === undefined)
    throw new TypeError(`${where}: ${field} is missing`);
  if (wanted !== undefined && unwanted !== undefined)
    throw new TypeError(`${where}: ${field} and Not${field} exclude each other`);
  const texts = list(wanted ?? unwanted);
  const patterns = texts.map((text) => {
    if (typeof text !== 'string') throw new TypeError(`${where}: ${field} must be text`);
    return load(text);
  });
  return {
    text: `${wanted === undefined ? 'all but ' : ''}${texts.join(', ')}`,
    matches: (value, context) =>
      patterns.some((matches) => matches(value, context)) === (wanted !== undefined),
  };
}

function actionPattern(text: string, where: string): Pattern {
  if (!/^(?:\*|[\w-]+:[\w*?]+)$/.test(text))
    throw new TypeError(`${where}: ${text} is not an action such as execute-api:Invoke`);
  const at = { where, hasVariables: false, isServed: true, services: new Set<string>() };
  return pattern(text, { wildcards: 'text', ignoreCase: true }, at);
}

function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
