import type { Accounts } from '../iam/accounts.ts';
import type { Identity, Role } from '../iam/identity.ts';
import type { WebIdentity } from '../iam/policy-principal.ts';
import type { ContextValues, MakeContext } from '../iam/request-context.ts';
import type { RawRequest } from '../wire/raw-request.ts';
import type { StsParameters } from './parameters.ts';

/** One call of STS. */
export interface StsCall {
  readonly accounts: Accounts;
  readonly region: string;
  readonly request: RawRequest;
  readonly parameters: StsParameters;
  readonly makeContext: MakeContext;
  /** ms since the epoch */
  readonly now: number;
}

/** What every kind of AssumeRole is told. */
export interface RoleSessionParameters {
  readonly roleArn: string;
  readonly name: string;
  readonly seconds: number | undefined;
  readonly policy: string | undefined;
  readonly policyArns: readonly string[];
}

/** Tags and the rest that a caller or a token gives to a session. */
export interface SessionAttributes {
  readonly tags: ReadonlyMap<string, string>;
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity: string | undefined;
}

/** Who asks for a session of which role, as what. */
export interface Assumption {
  readonly action: 'AssumeRole' | 'AssumeRoleWithWebIdentity';
  readonly who: Identity | WebIdentity;
  readonly role: Role | undefined;
  readonly asked: RoleSessionParameters;
  readonly attributes: SessionAttributes;
  /** Condition keys that belong to the action. */
  readonly more: ContextValues;
}
