import type { Reading } from './condition-keys.ts';

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

/** Whom a statement is for. */
export interface Principals {
  /** In one form: `*`, an account id, an ARN, `Federated …` or `Service …`. */
  readonly names: ReadonlySet<string>;
  /** `NotPrincipal`: everybody but these. */
  readonly isExcept: boolean;
}

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
export function loadPrincipals(
  principal: PrincipalElement | undefined,
  notPrincipal: PrincipalElement | undefined,
  at: Reading,
): Principals {
  if (principal !== undefined && notPrincipal !== undefined)
    throw new TypeError(`${at.where}: Principal and NotPrincipal exclude each other`);
  const isExcept = notPrincipal !== undefined;
  return { names: namesOf(notPrincipal ?? principal, at), isExcept };
}

function namesOf(
  element: PrincipalElement | undefined,
  { where, isServed, services }: Reading,
): ReadonlySet<string> {
  if (element === '*') return new Set(['*']);
  if (typeof element !== 'object' || element === null)
    throw new TypeError(`${where}: Principal must be '*' or an object such as { AWS: … }`);
  const names = new Set<string>();
  for (const [kind, value] of Object.entries(element)) {
    // S3 alone knows canonical users. Nobody here is one, so the statement is for somebody else.
    if (kind === 'CanonicalUser' && (!isServed || services.has('s3'))) continue;
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
  { names, isExcept }: Principals,
  who: Principal | WebIdentity | undefined,
): Naming | undefined {
  if (names.has('*')) return isExcept ? undefined : 'itself';
  if (isExcept) return isExempt(names, who) ? undefined : 'itself';
  if (who === undefined) return undefined;
  if ('provider' in who) return names.has(`Federated ${who.provider}`) ? 'itself' : undefined;
  if (names.has(who.arn)) return 'itself';
  if (who.roleArn !== undefined && names.has(who.roleArn)) return 'role';
  return names.has(who.account) ? 'account' : undefined;
}

/**
 * NotPrincipal leaves out a user or a session only if it names its account too, and a session also
 * only if it names its role.
 */
function isExempt(names: ReadonlySet<string>, who: Principal | WebIdentity | undefined): boolean {
  if (who === undefined) return false;
  if ('provider' in who) return names.has(`Federated ${who.provider}`);
  return [who.account, who.arn, who.roleArn ?? who.arn].every((name) => names.has(name));
}

/** For the explanation of a denial. */
export function textOfPrincipals({ names, isExcept }: Principals): string {
  return `${isExcept ? 'all but ' : ''}${[...names].join(', ') || 'nobody'}`;
}
