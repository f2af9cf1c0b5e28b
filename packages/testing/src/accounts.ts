import { createHash } from 'node:crypto';

import { loadPolicy, type PolicyDocument, type Statement } from './policy-document.ts';
import type { Principal } from './policy-evaluation.ts';
import type { KnownKey } from './verify-signature.ts';

export interface AccountDefinition {
  readonly users?: Readonly<Record<string, UserDefinition>>;
  readonly roles?: Readonly<Record<string, RoleDefinition>>;
}

export interface UserDefinition {
  /** Identity policies. Default: none, so nothing is allowed. */
  readonly policies?: readonly PolicyDocument[];
}

export interface RoleDefinition {
  /** Who may assume it. */
  readonly trust: PolicyDocument;
  /** Identity policies. Default: none, so nothing is allowed. */
  readonly policies?: readonly PolicyDocument[];
  /** The longest session that a caller may ask for, in seconds. Default: 3600. */
  readonly maxSessionDuration?: number;
  /** Overrides the length of its sessions, in seconds: for tests of an expiry. */
  readonly sessionSeconds?: number;
}

/** Fits the AWS SDK's clients and `@sigv4/*` alike. */
export interface TestCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export interface Role {
  readonly arn: string;
  readonly account: string;
  readonly name: string;
  readonly trust: readonly Statement[];
  readonly policies: readonly Statement[];
  readonly maxSessionDuration: number;
  readonly sessionSeconds: number | undefined;
}

/** Who a key belongs to, and what its identity policies say. */
export interface Identity {
  readonly principal: Principal;
  /** As GetCallerIdentity gives it. */
  readonly userId: string;
  readonly policies: readonly Statement[];
}

interface Key extends KnownKey {
  readonly identity: Identity;
}

/** All accounts, users, roles, keys and sessions of one local AWS. */
export class Accounts {
  readonly #keys = new Map<string, Key>();
  readonly #users = new Map<string, TestCredentials>();
  readonly #roles = new Map<string, Role>();
  #issued = 0;

  /** @throws {TypeError} at an account id or a policy that is not one */
  constructor(definitions: Readonly<Record<string, AccountDefinition>>) {
    for (const [account, { users = {}, roles = {} }] of Object.entries(definitions)) {
      if (!/^\d{12}$/.test(account))
        throw new TypeError(`accounts: ${account} is not an account id of 12 digits`);
      for (const [name, user] of Object.entries(users)) this.#addUser(account, name, user);
      for (const [name, role] of Object.entries(roles)) this.#addRole(account, name, role);
    }
  }

  /** @throws {TypeError} if there is none */
  credentialsOf(userArn: string): TestCredentials {
    const credentials = this.#users.get(userArn);
    if (credentials) return credentials;
    throw new TypeError(
      `credentialsOf: there is no ${userArn}; there are ${[...this.#users.keys()].join(', ') || 'no users'}`,
    );
  }

  role(arn: string): Role | undefined {
    return this.#roles.get(arn);
  }

  key(accessKeyId: string): KnownKey | undefined {
    return this.#keys.get(accessKeyId);
  }

  /** @throws {TypeError} if there is no such key: ask only for one that a signature was verified with */
  identityOf(accessKeyId: string): Identity {
    const key = this.#keys.get(accessKeyId);
    if (key) return key.identity;
    throw new TypeError(`there is no key ${accessKeyId}`);
  }

  /** @param expiresAt ms since the epoch */
  startSession(role: Role, sessionName: string, expiresAt: number): TestCredentials {
    const credentials = {
      ...this.#issueKey('ASIA'),
      sessionToken: this.#random('token', 256),
      expiration: new Date(expiresAt),
    };
    this.#keys.set(credentials.accessKeyId, {
      ...credentials,
      expiresAt,
      identity: {
        principal: {
          arn: `arn:aws:sts::${role.account}:assumed-role/${role.name}/${sessionName}`,
          account: role.account,
          roleArn: role.arn,
        },
        userId: `${uniqueId('AROA', role.arn)}:${sessionName}`,
        policies: role.policies,
      },
    });
    return credentials;
  }

  /** Ends all sessions of a role at once, as an administrator can. */
  revokeSessions(roleArn: string): void {
    for (const [accessKeyId, { identity }] of this.#keys) {
      if (identity.principal.roleArn === roleArn) this.#keys.delete(accessKeyId);
    }
  }

  #addUser(account: string, name: string, { policies = [] }: UserDefinition): void {
    const arn = `arn:aws:iam::${account}:user/${name}`;
    const credentials = this.#issueKey('AKIA');
    this.#users.set(arn, credentials);
    this.#keys.set(credentials.accessKeyId, {
      ...credentials,
      identity: {
        principal: { arn, account },
        userId: uniqueId('AIDA', arn),
        policies: policies.flatMap((policy) => loadPolicy(policy, 'identity', `policy of ${arn}`)),
      },
    });
  }

  #addRole(account: string, name: string, role: RoleDefinition): void {
    const arn = `arn:aws:iam::${account}:role/${name}`;
    this.#roles.set(arn, {
      arn,
      account,
      name,
      trust: loadPolicy(role.trust, 'trust', `trust policy of ${arn}`),
      policies: (role.policies ?? []).flatMap((policy) =>
        loadPolicy(policy, 'identity', `policy of ${arn}`),
      ),
      maxSessionDuration: role.maxSessionDuration ?? 3600,
      sessionSeconds: role.sessionSeconds,
    });
  }

  #issueKey(prefix: 'AKIA' | 'ASIA'): TestCredentials {
    return {
      accessKeyId: uniqueId(prefix, String((this.#issued += 1))),
      secretAccessKey: this.#random('secret', 30),
    };
  }

  /** Alike in each run, so that a failing test can be run again. */
  #random(purpose: string, bytes: number): string {
    const blocks: Buffer[] = [];
    for (let block = 0; block * 32 < bytes; block += 1) {
      blocks.push(createHash('sha256').update(`${purpose} ${this.#issued} ${block}`).digest());
    }
    return Buffer.concat(blocks).subarray(0, bytes).toString('base64');
  }
}

/** 20 characters, as AWS's ids have. */
function uniqueId(prefix: string, of: string): string {
  const digits = createHash('sha256').update(`${prefix} ${of}`).digest();
  return (
    prefix +
    [...digits.subarray(0, 16)]
      .map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32])
      .join('')
  );
}
