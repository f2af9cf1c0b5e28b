import type { PolicyDocument } from './policy-document.ts';

/** What is in an account: users, roles, policies and identity providers. */
export interface AccountDefinition {
  /** By name, with a path or without: `order-service`, `services/order-service`. */
  readonly users?: Readonly<Record<string, UserDefinition>>;
  /** By name, with a path or without. */
  readonly roles?: Readonly<Record<string, RoleDefinition>>;
  /**
   * Managed policies by name: users, roles and `PolicyArns` can name them by
   * `arn:aws:iam::111111111111:policy/{name}`.
   */
  readonly policies?: Readonly<Record<string, PolicyDocument>>;
  /**
   * The SCPs that its organization has attached to it. Together they must allow what its users and
   * roles ask, so AWS's own `FullAWSAccess` is one of them, unless you list what is allowed.
   * Default: everything is allowed.
   */
  readonly serviceControlPolicies?: readonly PolicyDocument[];
  /** The providers of web identities, by their URL without `https://`. */
  readonly oidcProviders?: Readonly<Record<string, OidcProviderDefinition>>;
  /** The organization that it is in, `o-a1b2c3d4e5`: `aws:PrincipalOrgID`, `aws:ResourceOrgID`. */
  readonly organization?: string;
}

/** A policy, or the ARN of a managed one: of the account's `policies`, or of AWS's own. */
export type PolicyOrArn = PolicyDocument | string;

/** A user: what it may do, and its access keys. */
export interface UserDefinition {
  /**
   * Identity policies, or the ARNs of managed ones, such as
   * `arn:aws:iam::aws:policy/AmazonAPIGatewayInvokeFullAccess`. Default: none, so nothing is
   * allowed.
   */
  readonly policies?: readonly PolicyOrArn[];
  /** The most that its policies can allow, as a policy or as the ARN of one. Default: everything. */
  readonly permissionsBoundary?: PolicyOrArn;
  /** Up to two. Default: one that is generated, the same in each run. */
  readonly accessKeys?: readonly AccessKeyDefinition[];
  /** Tags of the user: `aws:PrincipalTag/…` in policies. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The device that STS takes a `SerialNumber` and a `TokenCode` of. */
  readonly mfa?: MfaDevice;
}

export interface AccessKeyDefinition {
  /** `AKIAIOSFODNN7EXAMPLE` */
  readonly accessKeyId: string;
  /** Any text. */
  readonly secretAccessKey: string;
}

/** A device for multi-factor authentication. `mfaCode` gives the code that it shows. */
export interface MfaDevice {
  /** `arn:aws:iam::111111111111:mfa/order-service` */
  readonly serialNumber: string;
  /** The secret that its codes are made of (RFC 6238, 30 s, 6 digits), as base32. */
  readonly seed: string;
}

/** A role: who may assume it, and what its sessions may do. */
export interface RoleDefinition {
  /** Who may assume it. */
  readonly trust: PolicyDocument;
  /** Identity policies, or the ARNs of managed ones. Default: none, so nothing is allowed. */
  readonly policies?: readonly PolicyOrArn[];
  /** The most that its policies can allow, as a policy or as the ARN of one. Default: everything. */
  readonly permissionsBoundary?: PolicyOrArn;
  /** The longest session that a caller may ask for, 3600…43200 s. Default: 3600. */
  readonly maxSessionDuration?: number;
  /** Overrides the length of its sessions, in seconds: for tests of an expiry. */
  readonly sessionSeconds?: number;
  /** Tags: `aws:PrincipalTag/…` of its sessions, `aws:ResourceTag/…` for whoever assumes it. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** An identity provider whose tokens roles of this account can trust. */
export interface OidcProviderDefinition {
  /** The public keys of its tokens: `{ keys: [publicKey.export({ format: 'jwk' })] }`. */
  readonly jwks: { readonly keys: readonly object[] };
  /** The `aud` or `azp` that it is registered for. */
  readonly audiences: readonly string[];
  /** Returns true to reject a token that is otherwise good, with `IDPRejectedClaim`. */
  readonly rejects?: (claims: Readonly<Record<string, unknown>>) => boolean;
}
