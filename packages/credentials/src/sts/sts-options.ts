import type { Credentials, CredentialsProvider } from '@sigv4/signer';
import { FLAG, FUNCTION, matching, type OptionRule, type OptionRules } from '@sigv4/signer/client';

import { CACHE_OPTIONS, seconds, wholeSeconds, type CacheOptions } from '../cache/cache-options.ts';
import { ABSOLUTE_URL, REGION } from './endpoint.ts';

/** How STS is reached, and how its sessions are kept. */
export interface StsOptions extends CacheOptions {
  /**
   * Default: AWS_REGION, else AWS_DEFAULT_REGION, else that of the profile, else where the
   * partition of the role's ARN has its IAM: `us-east-1`, `cn-north-1`, `us-gov-west-1`, …
   */
  readonly region?: string | undefined;
  /**
   * An absolute URL: https:, or http: on this machine. Default: AWS_ENDPOINT_URL_STS,
   * AWS_ENDPOINT_URL, else the region's own.
   */
  readonly endpoint?: string | undefined;
  /** Calls STS. Default: `node:https` on Node, else the global `fetch` (see the README). */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Let the endpoint be http: on another machine, or behind a proxy. Default: false. */
  readonly allowInsecureHttp?: boolean | undefined;
  /** Seconds for one attempt, 0.1 to 60. Default: 5. */
  readonly attemptTimeout?: number | undefined;
  /** Seconds for all attempts and the pauses between them, 0.1 to 300. Default: 15. */
  readonly timeout?: number | undefined;
}

/** What all ways to assume a role have in common. */
export interface RoleSessionOptions {
  /**
   * `arn:aws:iam::222222222222:role/orders-invoke`. Other STS implementations leave out the
   * account, or have a tenant's name there.
   */
  readonly roleArn: string;
  /**
   * What CloudTrail shows: 2 to 64 of letters, digits and `_+=,.@-`. Default: the Lambda
   * function's name, else host and process.
   */
  readonly roleSessionName?: string | undefined;
  /**
   * Seconds, 900 to 43,200, at most 3600 for a role that is assumed by another. Default: STS's,
   * which is an hour.
   */
  readonly durationSeconds?: number | undefined;
  /** Lets the session do only what this and the role's policies allow. An object is written as JSON. */
  readonly policy?: string | object | undefined;
  /** The same by up to 10 managed policies. */
  readonly policyArns?: readonly string[] | undefined;
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html */
export interface MfaOptions {
  /** The caller's MFA device: `arn:aws:iam::111111111111:mfa/anna`, or a hardware token's number. */
  readonly serialNumber?: string | undefined;
  /**
   * The six digits that the device shows, or a function that asks for them. It is called at each
   * renewal, since STS takes each code once.
   */
  readonly tokenCode?: string | (() => string | Promise<string>) | undefined;
}

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export interface AssumeRoleOptions extends RoleSessionOptions, MfaOptions, StsOptions {
  /** What the trust policy may ask for: 2 to 1224 characters. */
  readonly externalId?: string | undefined;
  /** Session tags, up to 50: `{ team: 'orders' }`. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** The keys of the tags that are passed on along a chain of roles. */
  readonly transitiveTagKeys?: readonly string[] | undefined;
  /** Who is behind the session, along a chain of roles: 2 to 64 of letters, digits and `_+=,.@-`. */
  readonly sourceIdentity?: string | undefined;
  /** Who assumes the role. Default: `defaultCredentials()`. Another `assumeRole` makes a chain. */
  readonly source?: CredentialsProvider | Credentials | undefined;
}

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export interface WebIdentityOptions extends Omit<RoleSessionOptions, 'roleArn'>, StsOptions {
  /**
   * Default: AWS_ROLE_ARN, which EKS sets. EKS's AWS_ROLE_SESSION_NAME is the default of
   * `roleSessionName`.
   */
  readonly roleArn?: string | undefined;
  /** Gives the identity provider's token. It is called at each renewal. */
  readonly webIdentityToken?: (() => string | Promise<string>) | undefined;
  /** A file with the token, read at each renewal. Default: AWS_WEB_IDENTITY_TOKEN_FILE. Node only. */
  readonly webIdentityTokenFile?: string | undefined;
  /** An OAuth 2.0 provider that is not OpenID Connect: `www.amazon.com`, `graph.facebook.com`. */
  readonly providerId?: string | undefined;
}

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
export interface SessionTokenOptions extends MfaOptions, StsOptions {
  /** Seconds, 900 to 129,600. Default: STS's, which is 12 hours. */
  readonly durationSeconds?: number | undefined;
  /** Whose session it is: a user's long-term keys. Default: `defaultCredentials()`. */
  readonly source?: CredentialsProvider | Credentials | undefined;
}

export function assumeRoleOptions(): OptionRules<AssumeRoleOptions> {
  return {
    ...ROLE_SESSION,
    externalId: matching(/^[\w+=,.@:/-]{2,1224}$/, '2 to 1224 of letters, digits and _+=,.@:/-'),
    tags: { expected: 'up to 50 keys with texts', holds: areTags },
    transitiveTagKeys: { expected: 'up to 50 keys of tags', holds: areTagKeys },
    sourceIdentity: SESSION_NAME,
    ...MFA,
    source: SOURCE,
    ...STS,
    ...CACHE_OPTIONS,
  };
}

export function webIdentityOptions(): OptionRules<WebIdentityOptions> {
  return {
    ...ROLE_SESSION,
    // Whoever gives the token itself must not find it in the error.
    webIdentityToken: { ...FUNCTION, isSecret: true },
    webIdentityTokenFile: matching(/./, 'the path of a file'),
    providerId: matching(/^\S{4,2048}$/, 'a name such as www.amazon.com'),
    ...STS,
    ...CACHE_OPTIONS,
  };
}

export function sessionTokenOptions(): OptionRules<SessionTokenOptions> {
  return {
    durationSeconds: wholeSeconds(900, 129_600),
    ...MFA,
    source: SOURCE,
    ...STS,
    ...CACHE_OPTIONS,
  };
}

const STS: OptionRules<Omit<StsOptions, keyof CacheOptions>> = {
  region: matching(REGION, "a name such as 'eu-west-1'"),
  endpoint: {
    ...matching(
      ABSOLUTE_URL,
      'an absolute URL such as http://127.0.0.1:4566, without white space, backslashes and fragment',
    ),
    // It may hold a password.
    isSecret: true,
  },
  fetch: FUNCTION,
  allowInsecureHttp: FLAG,
  attemptTimeout: seconds(0.1, 60),
  timeout: seconds(0.1, 300),
};

/** A name as STS takes it for sessions and source identities. */
const SESSION_NAME: OptionRule = matching(
  /^[\w+=,.@-]{2,64}$/,
  '2 to 64 of letters, digits and _+=,.@-',
);

export const ROLE_ARN: OptionRule = matching(
  /^arn:[a-z0-9-]+:iam::(?:\d{12}|[A-Za-z_]\w*)?:role\/(?:[!-~]{1,511}\/)?[\w+=,.@-]{1,64}$/,
  "an ARN such as 'arn:aws:iam::222222222222:role/orders-invoke'",
);

const ROLE_SESSION: OptionRules<RoleSessionOptions> = {
  roleArn: ROLE_ARN,
  roleSessionName: SESSION_NAME,
  durationSeconds: wholeSeconds(900, 43_200),
  policy: {
    expected: 'a policy document, as an object or as JSON text',
    holds: isPolicy,
    isSecret: true,
  },
  policyArns: { expected: 'up to 10 ARNs of managed policies', holds: areArns },
};

export const TOKEN_CODE: RegExp = /^\d{6}$/;

const MFA: OptionRules<MfaOptions> = {
  serialNumber: matching(
    /^[\w+=/:,.@-]{9,256}$/,
    'an ARN such as arn:aws:iam::111111111111:mfa/anna',
  ),
  tokenCode: {
    expected: 'six digits, or a function that returns them',
    holds: (value) =>
      FUNCTION.holds(value) || (typeof value === 'string' && TOKEN_CODE.test(value)),
    isSecret: true,
  },
};

const SOURCE: OptionRule = {
  expected: 'credentials, or an async function that returns them',
  holds: (value) => FUNCTION.holds(value) || (typeof value === 'object' && value !== null),
  isSecret: true,
};

function isPolicy(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function areArns(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= 10 &&
    value.every((arn) => typeof arn === 'string' && /^arn:[\w+=,.@:/-]+$/.test(arn))
  );
}

function areTags(value: unknown): boolean {
  // The entries of a Map are no properties: they would be passed over.
  if (typeof value !== 'object' || value === null || Symbol.iterator in value) return false;
  const values: unknown[] = Object.values(value);
  return (
    areTagKeys(Object.keys(value)) &&
    values.every((each) => typeof each === 'string' && each.length <= 256)
  );
}

function areTagKeys(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= 50 &&
    value.every((key) => typeof key === 'string' && key.length > 0 && key.length <= 128)
  );
}
