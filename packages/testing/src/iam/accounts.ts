import type { KnownKey } from '../keys/known-key.ts';
import { didYouMean } from '../shape.ts';
import { AccessKeys, type TestCredentials } from './access-keys.ts';
import type {
  AccountDefinition,
  OidcProviderDefinition,
  PolicyOrArn,
  RoleDefinition,
  UserDefinition,
} from './account-definition.ts';
import { AWS_MANAGED_POLICIES } from './aws-managed-policies.ts';
import type { Identity, Role, SessionRequest } from './identity.ts';
import { mfaCode } from './mfa-code.ts';
import { loadPolicy, type Statement, type PolicyDocument } from './policy-document.ts';
import { uniqueId } from './unique-id.ts';

export interface OidcProvider extends OidcProviderDefinition {
  /** The name of the provider in policies. */
  readonly name: string;
}

/** AWS knows these providers by itself, and policies name them by their host. */
const WELL_KNOWN = new Set([
  'accounts.google.com',
  'cognito-identity.amazonaws.com',
  'graph.facebook.com',
  'www.amazon.com',
]);

const DENY_ALL: Statement = {
  name: 'the revocation of its older sessions',
  effect: 'Deny',
  principals: undefined,
  action: { text: '*', matches: () => true },
  resource: { text: '*', matches: () => true },
  conditions: [],
};

/** All accounts, users, roles, keys and sessions of one local AWS. */
export class Accounts {
  readonly #keys = new AccessKeys<Identity>();
  readonly #roles = new Map<string, Role>();
  readonly #users = new Map<string, Identity>();
  readonly #managedPolicies = new Map<string, readonly Statement[]>();
  readonly #providers = new Map<string, OidcProvider>();
  readonly #names = new Set<string>();
  readonly #organizations = new Map<string, string | undefined>();
  readonly #controls = new Map<string, readonly Statement[] | undefined>();
  readonly #now: () => number;

  /** @throws {TypeError} at an account id, a policy or a limit that is not one */
  constructor(definitions: Readonly<Record<string, AccountDefinition>>, now: () => number) {
    this.#now = now;
    for (const [account, definition] of Object.entries(definitions)) {
      if (!/^\d{12}$/.test(account))
        throw new TypeError(`accounts: ${account} is not an account id of 12 digits`);
      this.#add(account, definition);
    }
  }

  /**
   * The newest active key of a user, or a new session of a role.
   *
   * @throws {TypeError} if there is no such user or role, or the user has no active key
   */
  credentialsOf(arn: string): TestCredentials {
    const role = this.#roles.get(arn);
    return role ? this.startServiceSession(role) : this.#keys.newest(this.#identityOf(arn));
  }

  /** A session as a compute service of AWS starts it for what runs there: nobody assumes the role. */
  startServiceSession(role: Role): TestCredentials {
    return this.startSession(role, {
      name: 'local-aws',
      seconds: role.sessionSeconds ?? 3600,
      tags: new Map(),
    });
  }

  /** @throws {TypeError} if there is no such user, or it has two already */
  createAccessKey(userArn: string): TestCredentials {
    return this.#keys.create(this.#user(userArn));
  }

  /** @throws {TypeError} if there is no such key */
  setAccessKeyActive(accessKeyId: string, isActive: boolean): void {
    this.#keys.setActive(accessKeyId, isActive);
  }

  /** @throws {TypeError} if there is no such key */
  deleteAccessKey(accessKeyId: string): void {
    this.#keys.delete(accessKeyId);
  }

  /** @returns `undefined` if there is no such key, or it is not active */
  key(accessKeyId: string): KnownKey | undefined {
    return this.#keys.find(accessKeyId);
  }

  /** @throws {TypeError} if there is no such key: ask only for one that a signature was verified with */
  identityOf(accessKeyId: string): Identity {
    return this.#keys.ownerOf(accessKeyId);
  }

  role(arn: string): Role | undefined {
    return this.#roles.get(arn);
  }

  /** AWS's own, or one of that account. */
  managedPolicy(arn: string, account: string): readonly Statement[] | undefined {
    const own = AWS_MANAGED_POLICIES.get(arn);
    if (own) return loadPolicy(own, 'identity', arn);
    return arn.includes(`::${account}:`) ? this.#managedPolicies.get(arn) : undefined;
  }

  /** @param host the issuer without `https://` */
  provider(account: string, host: string): OidcProvider | undefined {
    return this.#providers.get(`${account} ${host}`);
  }

  /** Whether there is such an account. */
  has(account: string): boolean {
    return this.#organizations.has(account);
  }

  organizationOf(account: string): string | undefined {
    return this.#organizations.get(account);
  }

  startSession(role: Role, { name, seconds, tags, ...more }: SessionRequest): TestCredentials {
    const identity: Identity = {
      principal: {
        arn: `arn:aws:sts::${role.account}:assumed-role/${role.name}/${name}`,
        account: role.account,
        roleArn: role.arn,
      },
      userId: `${uniqueId('AROA', role.arn)}:${name}`,
      organization: this.organizationOf(role.account),
      policies: role.policies,
      boundary: role.boundary,
      controls: this.#controls.get(role.account),
      // Tag keys that differ only in case are the same, and the later value wins.
      tags: new Map([...role.tags, ...tags]),
      session: { ...more, issuedAt: this.#now() },
    };
    return this.#keys.issue(identity, this.#now() + seconds * 1000);
  }

  /** Makes temporary credentials of a user. */
  startUserSession(user: Identity, seconds: number, mfaAt: number | undefined): TestCredentials {
    const session = { issuedAt: this.#now(), mfaAt };
    return this.#keys.issue({ ...user, session }, this.#now() + seconds * 1000);
  }

  /** Denies everything to the sessions that there are, by a policy, as AWS does. */
  revokeSessions(roleArn: string): void {
    this.#keys.update((identity) =>
      identity.principal.roleArn === roleArn
        ? { ...identity, policies: [...identity.policies, DENY_ALL] }
        : identity,
    );
  }

  /** Forgets the sessions of a role, as if they had never been. */
  forgetSessions(roleArn: string): void {
    this.#keys.update((identity) =>
      identity.principal.roleArn === roleArn ? undefined : identity,
    );
  }

  #user(arn: string): Identity {
    return this.#identityOf(arn, [...this.#users.keys()]);
  }

  #identityOf(arn: string, known = [...this.#users.keys(), ...this.#roles.keys()]): Identity {
    const user = this.#users.get(arn);
    if (user) return user;
    throw new TypeError(
      `there is no ${arn}; there are ${known.join(', ') || 'none'}${didYouMean(arn, known)}`,
    );
  }

  #add(account: string, definition: AccountDefinition): void {
    const { users = {}, roles = {}, policies = {}, oidcProviders = {}, organization } = definition;
    if (organization !== undefined && !/^o-[a-z0-9]{10,32}$/.test(organization)) {
      throw new TypeError(`accounts: ${organization} is not an organization, such as o-a1b2c3d4e5`);
    }
    this.#organizations.set(account, organization);
    for (const [name, policy] of Object.entries(policies)) {
      const arn = `arn:aws:iam::${account}:policy/${name}`;
      this.#managedPolicies.set(arn, loadPolicy(policy, 'identity', arn));
    }
    this.#controls.set(account, loadControls(definition, account));
    for (const [name, user] of Object.entries(users)) this.#addUser(account, name, user);
    for (const [name, role] of Object.entries(roles)) this.#addRole(account, name, role);
    for (const [host, provider] of Object.entries(oidcProviders)) {
      const arn = `arn:aws:iam::${account}:oidc-provider/${host}`;
      const name = WELL_KNOWN.has(host) ? host : arn;
      this.#providers.set(`${account} ${host}`, { ...provider, name });
    }
  }

  /** A session's ARN has no path, so two roles of one name would have the same sessions. */
  #claimName(name: string, arn: string): void {
    if (this.#names.has(name.toLowerCase()))
      throw new TypeError(`${arn}: its name must be unique, whatever its path and case`);
    this.#names.add(name.toLowerCase());
  }

  #addUser(
    account: string,
    path: string,
    { policies, permissionsBoundary, accessKeys, tags, mfa }: UserDefinition,
  ): void {
    const arn = `arn:aws:iam::${account}:user/${path}`;
    this.#claimName(`user ${account} ${lastOf(path)}`, arn);
    // Report a wrong seed now, not at the first call.
    if (mfa) mfaCode(mfa, 0);
    const user: Identity = {
      principal: { arn, account },
      userId: uniqueId('AIDA', arn),
      userName: lastOf(path),
      organization: this.organizationOf(account),
      ...this.#policies(account, policies, permissionsBoundary, arn),
      controls: this.#controls.get(account),
      tags: new Map(Object.entries(tags ?? {})),
      mfa,
    };
    this.#users.set(arn, user);
    if (accessKeys === undefined) this.#keys.create(user);
    for (const key of accessKeys ?? []) this.#keys.create(user, key);
  }

  #policies(
    account: string,
    policies: readonly PolicyOrArn[] = [],
    permissionsBoundary: PolicyOrArn | undefined,
    of: string,
  ): Pick<Identity, 'policies' | 'boundary'> {
    if (!Array.isArray(policies)) throw new TypeError(`${of}: policies must be a list`);
    const load = (policy: PolicyOrArn, name: string): readonly Statement[] => {
      if (typeof policy !== 'string') return loadPolicy(policy, 'identity', `${name} of ${of}`);
      const managed = this.managedPolicy(policy, account);
      if (managed) return managed;
      const known = [...this.#managedPolicies.keys(), ...AWS_MANAGED_POLICIES.keys()];
      throw new TypeError(
        `${of}: there is no managed policy ${policy}; there are ${known.join(', ')}${didYouMean(policy, known)}`,
      );
    };
    return {
      policies: policies.flatMap((policy: PolicyOrArn) => load(policy, 'policy')),
      boundary:
        permissionsBoundary === undefined
          ? undefined
          : load(permissionsBoundary, 'permissions boundary'),
    };
  }

  #addRole(account: string, path: string, role: RoleDefinition): void {
    const arn = `arn:aws:iam::${account}:role/${path}`;
    this.#claimName(`role ${account} ${lastOf(path)}`, arn);
    const { maxSessionDuration = 3600 } = role;
    if (!(maxSessionDuration >= 3600 && maxSessionDuration <= 43_200)) {
      throw new TypeError(`${arn}: maxSessionDuration must be between 3600 and 43200 seconds`);
    }
    this.#roles.set(arn, {
      arn,
      account,
      name: lastOf(path),
      trust: loadPolicy(role.trust, 'trust', `trust policy of ${arn}`),
      ...this.#policies(account, role.policies, role.permissionsBoundary, arn),
      tags: new Map(Object.entries(role.tags ?? {})),
      maxSessionDuration,
      sessionSeconds: role.sessionSeconds,
    });
  }
}

function loadControls(
  { serviceControlPolicies }: AccountDefinition,
  account: string,
): readonly Statement[] | undefined {
  const name = `service control policy of account ${account}`;
  if (serviceControlPolicies === undefined) return undefined;
  if (!Array.isArray(serviceControlPolicies)) throw new TypeError(`${name}: expected a list`);
  return serviceControlPolicies.flatMap((policy: PolicyDocument) =>
    loadPolicy(policy, 'identity', name),
  );
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
