import type { Statement } from './policy-document.ts';

/** Who asks. */
export interface Principal {
  readonly arn: string;
  readonly account: string;
  /** Of a role's session: the role's own ARN. */
  readonly roleArn?: string | undefined;
}

/** What is asked. */
export interface AccessRequest {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  /** The account that owns the resource. */
  readonly resourceAccount: string;
  /** Condition keys in lower case. */
  readonly context: ReadonlyMap<string, string>;
}

export type Decision = 'allowed' | 'denied' | 'explicitly-denied';

/**
 * An explicit deny anywhere denies. Within an account either side's allow is enough, across
 * accounts both must allow. A trust policy must always allow: `resourceMustAllow`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function decide(
  request: AccessRequest,
  identity: readonly Statement[],
  resource: readonly Statement[],
  resourceMustAllow = false,
): Decision {
  const byIdentity = identity.filter((statement) => applies(statement, request));
  const byResource = resource.filter((statement) => applies(statement, request));
  if ([...byIdentity, ...byResource].some(({ effect }) => effect === 'Deny'))
    return 'explicitly-denied';

  const identityAllows = byIdentity.length > 0;
  const resourceAllows = byResource.length > 0;
  // A resource policy that names the account leaves it to the account whom of its own to let in.
  const resourceAllowsByName = byResource.some((statement) =>
    namesPrincipal(statement, request.principal),
  );
  const crossAccount = request.principal.account !== request.resourceAccount;
  const allowed =
    crossAccount || resourceMustAllow
      ? resourceAllows && (identityAllows || (!crossAccount && resourceAllowsByName))
      : identityAllows || resourceAllowsByName;
  return allowed ? 'allowed' : 'denied';
}

function applies(statement: Statement, request: AccessRequest): boolean {
  return (
    (statement.principals === undefined ||
      namesPrincipal(statement, request.principal) ||
      namesAccount(statement, request.principal)) &&
    statement.actions.some((pattern) => pattern.test(request.action)) &&
    statement.resources.some((pattern) => pattern.test(request.resource)) &&
    statement.conditions.every(({ key, values }) => {
      const value = request.context.get(key);
      return value !== undefined && values.some((pattern) => pattern.test(value));
    })
  );
}

function namesPrincipal({ principals = [] }: Statement, { arn, roleArn }: Principal): boolean {
  return principals.some((named) => named === '*' || named === arn || named === roleArn);
}

function namesAccount({ principals = [] }: Statement, { account }: Principal): boolean {
  return principals.some((named) => named === account || named === `arn:aws:iam::${account}:root`);
}
