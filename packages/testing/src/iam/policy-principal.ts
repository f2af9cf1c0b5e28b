/** Who asks: a user or a role's session. */
export interface Principal {
  /** As GetCallerIdentity gives it. */
  readonly arn: string;
  readonly account: string;
  /** Of a role's session: the role's own ARN. */
  readonly roleArn?: string | undefined;
}

/** A web identity, before it has a role: of no account, known by its provider. */
export interface WebIdentity {
  /** As policies name it: an ARN, or the host of a provider that AWS knows by itself. */
  readonly provider: string;
}

/** `Principal` of a policy: `'*'`, or who, by kind. */
export type PrincipalElement =
  | '*'
  | {
      readonly AWS?: string | readonly string[];
      readonly Service?: string | readonly string[];
      readonly Federated?: string | readonly string[];
    };

/** How a statement names who asks: by itself or as everybody, by its role, or by its account. */
export type Naming = 'itself' | 'role' | 'account';

/** In one form: `*`, an account id, an ARN, `Federated …` or `Service …`. */
export type Principals = ReadonlySet<string>;

const KINDS: ReadonlyMap<string, RegExp> = new Map([
  [
    'AWS',
    /^(?:\*|\d{12}|arn:aws[\w-]*:(?:iam::\d{12}:(?:root|(?:user|role)\/[\w+=,.@/-]+)|sts::\d{12}:(?:assumed-role\/[\w+=,.@-]+\/[\w+=,.@-]+|federated-user\/[\w+=,.@-]+)))$/,
  ],
  ['Service', /^[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?$/],
  [
    'Federated',
    /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+|arn:aws[\w-]*:iam::\d{12}:(?:oidc-provider|saml-provider)\/[\w.:/%-]+)$/,
  ],
]);

/**
 * @throws {TypeError} at a kind of principal or a name that AWS does not take
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function loadPrincipals(element: PrincipalElement | undefined, where: string): Principals {
  if (element === '*') return new Set(['*']);
  if (typeof element !== 'object' || element === null)
    throw new TypeError(`${where}: Principal must be '*' or an object such as { AWS: … }`);
  const names = new Set<string>();
  for (const [kind, value] of Object.entries(element)) {
    const form = KINDS.get(kind);
    if (form === undefined)
      throw new TypeError(
        `${where}: the principal ${kind} is not supported; AWS, Service and Federated are`,
      );
    for (const name of Array.isArray(value) ? (value as string[]) : [value as string]) {
      if (!form.test(name))
        throw new TypeError(`${where}: invalid principal in policy: ${kind}: ${name}`);
      const account = /^arn:aws[\w-]*:iam::(\d{12}):root$/.exec(name)?.[1];
      names.add(kind === 'AWS' ? (account ?? name) : `${kind} ${name}`);
    }
  }
  return names;
}

/** @param who `undefined` for an unsigned request, which comes from nobody in particular */
export function namingOf(
  principals: Principals,
  who: Principal | WebIdentity | undefined,
): Naming | undefined {
  if (principals.has('*')) return 'itself';
  if (who === undefined) return undefined;
  if ('provider' in who) return principals.has(`Federated ${who.provider}`) ? 'itself' : undefined;
  if (principals.has(who.arn)) return 'itself';
  if (who.roleArn !== undefined && principals.has(who.roleArn)) return 'role';
  return principals.has(who.account) ? 'account' : undefined;
}
