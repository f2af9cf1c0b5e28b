import type { MfaDevice } from './account-definition.ts';
import type { Statement } from './policy-document.ts';
import type { Policies } from './policy-evaluation.ts';
import type { Principal } from './policy-principal.ts';

export interface Role {
  readonly arn: string;
  readonly account: string;
  /** Without its path. */
  readonly name: string;
  readonly trust: readonly Statement[];
  readonly policies: readonly Statement[];
  readonly boundary: readonly Statement[] | undefined;
  readonly tags: ReadonlyMap<string, string>;
  readonly maxSessionDuration: number;
  readonly sessionSeconds: number | undefined;
}

/** Who a key belongs to, and what its policies say. */
export interface Identity {
  readonly principal: Principal;
  /** As GetCallerIdentity gives it. */
  readonly userId: string;
  /** The name of a user, without its path. */
  readonly userName?: string;
  readonly organization: string | undefined;
  readonly policies: readonly Statement[];
  readonly boundary: readonly Statement[] | undefined;
  /** The SCPs of its account, if it has any. */
  readonly controls: readonly Statement[] | undefined;
  readonly mfa?: MfaDevice | undefined;
  /** By key as it was written. The tags of a session hide those of its role. */
  readonly tags: ReadonlyMap<string, string>;
  /** Only temporary credentials have one. */
  readonly session?: Session;
}

export interface Session {
  /** ms since the epoch */
  readonly issuedAt: number;
  /** When a code of an MFA device was given, ms since the epoch. */
  readonly mfaAt?: number | undefined;
  readonly policies?: readonly Statement[] | undefined;
  readonly transitiveTagKeys?: readonly string[];
  readonly sourceIdentity?: string | undefined;
  /** The provider, if a web identity started the session. */
  readonly federatedProvider?: string | undefined;
}

/** All policies of the caller's side. */
export function policiesOf(
  identity: Identity | undefined,
): Pick<Policies, 'identity' | 'session' | 'boundary' | 'controls'> {
  return {
    identity: identity?.policies ?? [],
    session: identity?.session?.policies,
    boundary: identity?.boundary,
    controls: identity?.controls,
  };
}

/** What a call of AssumeRole asks for. */
export interface SessionRequest extends Omit<Session, 'issuedAt' | 'mfaAt'> {
  readonly name: string;
  readonly seconds: number;
  readonly tags: ReadonlyMap<string, string>;
}
