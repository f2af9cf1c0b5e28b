/** Who was denied what. */
export interface Denial {
  /** ARN of the caller, or `anonymous`. */
  readonly caller: string;
  /** `execute-api:Invoke`, … */
  readonly action: string;
  /** ARN of what was asked for; of its account API Gateway tells the last 4 digits only. */
  readonly resource: string;
  /** Whether a policy says no. Otherwise none says yes. */
  readonly explicit: boolean;
  /** The kind of policy that denies, or lacks an Allow, where AWS tells: `identity-based policy`, … */
  readonly policy: string | undefined;
  /** Whether caller and resource are of different accounts; `undefined` if the ARNs do not tell. */
  readonly crossAccount: boolean | undefined;
}

/**
 * Reads AWS's message.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function denialOf(message: string): Denial | undefined {
  const found = /User: (\S+) is not authorized to perform: (\S+) on resource: "?([^\s"]+)/.exec(
    message,
  );
  if (found === null) return undefined;
  const [, caller = '', action = '', resource = ''] = found;
  return {
    caller,
    action,
    resource,
    explicit: message.includes('explicit deny'),
    policy: /(?:because no|explicit deny in an?) ([\w -]{1,60}?(?:policy|boundary))\b/.exec(
      message,
    )?.[1],
    crossAccount: areOfDifferentAccounts(accountOf(caller), accountOf(resource)),
  };
}

/** The account as the ARN tells it: `111111111111`, or `********1111`. */
function accountOf(arn: string): string {
  return arn.split(':')[4] ?? '';
}

function areOfDifferentAccounts(one: string, other: string): boolean | undefined {
  if (!/^\d{12}$/.test(one) || !/^[\d*]{8}\d{4}$/.test(other)) return undefined;
  return one.slice(-4) !== other.slice(-4);
}

/** The policy on the side of what was asked for. */
const RESOURCE_POLICIES: Readonly<Record<string, string>> = {
  'execute-api': "the API's resource policy",
  lambda: "the function's resource policy",
  s3: "the bucket's policy",
  sts: "the role's trust policy",
};

/** Says what has to change, and on which side. */
export function explainDenial(denial: Denial): string {
  const { caller, action, resource, explicit, policy, crossAccount } = denial;
  const what = `${caller} may not ${action} on ${resource}. `;
  if (caller === 'anonymous') {
    return `${what}AWS took the call for an unsigned one: the method's authorization is not AWS_IAM, so no policy for the caller counts.`;
  }
  if (explicit) {
    return `${what}${policy ? `A Deny in ${article(policy)} ${policy}` : 'A policy'} says no, which no Allow outweighs: look for the Deny in the caller's policies, in ${theirPolicy(action)}, and in those of the organization.`;
  }
  const own = `${crossAccount ? `in account ${accountOf(caller)} ` : ''}a policy of the caller must allow ${action} on that resource`;
  const account = accountOf(resource).replaceAll('*', '');
  const theirs = `${crossAccount ? `in the account ${account.length < 12 ? 'that ends in ' : ''}${account} ` : ''}${theirPolicy(action)} must allow it to the caller`;
  if (policy === 'identity-based policy')
    return `${what}What is missing is on the caller's side: ${own}.`;
  if (policy === 'resource-based policy')
    return `${what}What is missing is on the other side: ${theirs}.`;
  if (policy) return `${what}What is missing is an Allow in the ${policy}.`;
  if (crossAccount)
    return `${what}The accounts differ, and both must allow it: ${own}, and ${theirs}. Or assume a role of the other account.`;
  return crossAccount === false
    ? `${what}Both are of one account, where one Allow is enough: ${own}, or ${theirs}.`
    : `${what}Within one account one Allow is enough, across accounts it takes both: ${own}; ${theirs}.`;
}

function theirPolicy(action: string): string {
  return RESOURCE_POLICIES[action.split(':')[0] ?? ''] ?? "the resource's policy";
}

function article(noun: string): string {
  return /^[aeiou]/i.test(noun) ? 'an' : 'a';
}
