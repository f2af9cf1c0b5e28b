import type { ConditionContext } from './condition-keys.ts';
import type { Statement } from './policy-document.ts';
import {
  namingOf,
  textOfPrincipals,
  type Naming,
  type Principal,
  type WebIdentity,
} from './policy-principal.ts';

export type { Principal } from './policy-principal.ts';

/** What is asked, and by whom. */
export interface AccessRequest {
  /** `undefined`: an unsigned request. */
  readonly principal: Principal | WebIdentity | undefined;
  readonly action: string;
  readonly resource: string;
  /** The account that owns the resource. */
  readonly resourceAccount: string;
  readonly context: ConditionContext;
}

/** The policies that bear on it. */
export interface Policies {
  readonly identity: readonly Statement[];
  /** They only narrow what the identity policies allow. */
  readonly session?: readonly Statement[] | undefined;
  /** The permissions boundary of the user or the role, which narrows likewise. */
  readonly boundary?: readonly Statement[] | undefined;
  /** The SCPs of the caller's account, which must allow whatever else allows. */
  readonly controls?: readonly Statement[] | undefined;
  /** The resource's own; or the role's trust policy, which must allow whoever asks. */
  readonly resource?: readonly Statement[];
  readonly trust?: readonly Statement[];
}

export type Decision = 'allowed' | 'denied' | 'explicitly-denied';

/**
 * An explicit deny anywhere denies. Within an account either side's allow is enough, across
 * accounts both must allow. A trust policy must always allow. SCPs must always allow. Session
 * policies and a permissions boundary narrow what identity policies allow, and what a resource
 * policy allows to the role; not what it allows to the very session or user.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function decide(request: AccessRequest, policies: Policies): Decision {
  const { principal } = request;
  const { identity, session, boundary, controls, resource = [], trust } = policies;
  const applying = (statements: readonly Statement[]): readonly Statement[] =>
    statements.filter((statement) => mismatch(statement, request) === undefined);

  const byIdentity = applying(identity);
  const narrowing = [session, boundary].flatMap((some) => (some ? [applying(some)] : []));
  const byControls = controls && applying(controls);
  const byResource = applying(trust ?? resource);
  const all = [...byIdentity, ...narrowing.flat(), ...(byControls ?? []), ...byResource];
  if (all.some(({ effect }) => effect === 'Deny')) return 'explicitly-denied';

  const named = new Set(byResource.map((statement) => naming(statement, request)));
  const isAllowed = (): boolean => {
    if (principal === undefined || 'provider' in principal) return named.has('itself');
    if (byControls?.length === 0) return false;
    const isWithin = narrowing.every(({ length }) => length > 0);
    if (principal.account !== request.resourceAccount)
      return byIdentity.length > 0 && isWithin && named.size > 0;
    if (named.has('itself')) return true;
    // A policy that names the account leaves it to the account which identities it lets in.
    const isGranted = named.has('role') || byIdentity.length > 0;
    return isGranted && isWithin && (trust === undefined || named.size > 0);
  };
  return isAllowed() ? 'allowed' : 'denied';
}

/** The kind of policy whose Deny it is, in AWS's words: `an identity-based policy`. */
export function denyingPolicy(request: AccessRequest, policies: Policies): string | undefined {
  const { identity, session, boundary, controls, resource, trust } = policies;
  const kinds = [
    ['a service control policy', controls],
    ['a resource-based policy', trust ?? resource],
    ['an identity-based policy', identity],
    ['a permissions boundary', boundary],
    ['a session policy', session],
  ] as const;
  return kinds.find(([, statements]) =>
    statements?.some(
      (statement) => statement.effect === 'Deny' && mismatch(statement, request) === undefined,
    ),
  )?.[0];
}

/** Why `decide` did not allow it, in words for a test's author. */
export function explainDenial(request: AccessRequest, policies: Policies): string {
  const sides = [
    ['identity policies', request.principal && 'arn' in request.principal && policies.identity],
    ['session policies', policies.session],
    ['permissions boundary', policies.boundary],
    ['service control policies', policies.controls],
    ['resource policy', policies.resource],
    ['trust policy', policies.trust],
  ] as const;
  const told = sides.flatMap(([side, statements]) => {
    if (!statements) return [];
    const denies = statements.find(
      (statement) => statement.effect === 'Deny' && mismatch(statement, request) === undefined,
    );
    if (denies) return [`explicit deny in ${denies.name}`];
    const allowing = statements.filter(({ effect }) => effect === 'Allow');
    const misses = allowing.map((statement) => [statement.name, mismatch(statement, request)]);
    const grant = misses.findIndex(([, miss]) => miss === undefined);
    if (grant !== -1) {
      const by = naming(allowing[grant] as Statement, request);
      return [
        `${side}: allowed${by === undefined ? '' : `, naming the ${by === 'itself' ? 'caller' : by}`}`,
      ];
    }
    return [
      `${side}: ${misses.map(([name, miss]) => `${name}: ${miss}`).join('; ') || 'nothing is allowed'}`,
    ];
  });
  const denies = told.filter((text) => text.startsWith('explicit deny'));
  return (denies.length > 0 ? denies : told).join('. ');
}

/** @returns in which respect a statement does not apply; `undefined` if it does */
function mismatch(statement: Statement, request: AccessRequest): string | undefined {
  const { action, resource, principals } = statement;
  const { context } = request;
  const another = (what: string, wanted: string, found: string): string =>
    `another ${what}: it is for ${wanted}, and this was ${found}`;
  if (principals !== undefined && naming(statement, request) === undefined)
    return another('principal', textOfPrincipals(principals), textOfPrincipal(request));
  if (!action.matches(request.action, context))
    return another('action', action.text, request.action);
  if (!resource.matches(request.resource, context))
    return another('resource', resource.text, request.resource);
  const failed = statement.conditions.find(({ holds }) => !holds(context));
  if (failed === undefined) return undefined;
  const values = context.get(failed.key);
  return `${failed.text} does not hold: it wants ${failed.wanted}, and it is ${values ? values.join(', ') : 'absent'}`;
}

function naming({ principals }: Statement, { principal }: AccessRequest): Naming | undefined {
  return principals && namingOf(principals, principal);
}

function textOfPrincipal({ principal }: AccessRequest): string {
  if (principal === undefined) return 'unsigned';
  return 'provider' in principal ? principal.provider : principal.arn;
}
