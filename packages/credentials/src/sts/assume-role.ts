import type { Credentials, CredentialsProvider } from '@sigv4/signer';

import {
  cacheRules,
  createCache,
  type CachedCredentials,
  type CacheOptions,
} from '../cache/cache.ts';
import { defaultCredentials } from '../chain/default-credentials.ts';
import { checkMfa, mfaRules, mfaParameters, type MfaOptions } from './mfa.ts';
import { checkOptions, optional, text, type OptionRules } from '../option-table.ts';
import {
  members,
  roleSessionRules,
  roleSessionParameters,
  sessionNameRule,
  type RoleSessionOptions,
} from './role-session.ts';
import { sourceRule, stsRules, stsClient, type StsOptions } from './client.ts';

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export interface AssumeRoleOptions
  extends RoleSessionOptions, MfaOptions, StsOptions, CacheOptions {
  /** If the trust policy asks for one: 2 to 1224 characters. */
  readonly externalId?: string | undefined;
  /** Session tags, up to 50: `{ team: 'orders' }`. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** The keys of the tags that go on along a chain of roles. */
  readonly transitiveTagKeys?: readonly string[] | undefined;
  /** Who is behind the session, along a chain of roles: 2 to 64 of letters, digits and `_+=,.@-`. */
  readonly sourceIdentity?: string | undefined;
  /** Who assumes the role. Default: {@link defaultCredentials}. Another `assumeRole` makes a chain. */
  readonly source?: CredentialsProvider | Credentials | undefined;
}

function rules(): OptionRules<AssumeRoleOptions> {
  return {
    ...roleSessionRules(),
    externalId: optional(
      text(/^[\w+=,.@:/-]{2,1224}$/, '2 to 1224 of letters, digits and _+=,.@:/-'),
    ),
    tags: optional({ accepts: areTags, expected: 'up to 50 keys with texts' }),
    transitiveTagKeys: optional({ accepts: areTagKeys, expected: 'up to 50 keys of tags' }),
    sourceIdentity: optional(sessionNameRule()),
    ...mfaRules(),
    source: sourceRule(),
    ...stsRules(),
    ...cacheRules(),
  };
}

/**
 * Credentials of a role, in this or another account, kept fresh: one call of STS however many
 * callers wait, renewed before they end. Needs nothing of the AWS SDK.
 *
 * The provider throws {@link CredentialsError} with STS's code.
 *
 * @throws {TypeError} naming the wrong option
 */
export function assumeRole(options: AssumeRoleOptions): CachedCredentials {
  checkOptions('assumeRole', options, rules());
  checkMfa('assumeRole', options);
  const call = stsClient(options.source ?? defaultCredentials(), options);
  const { roleArn, tags = {}, transitiveTagKeys = [] } = options;
  const parameters = {
    Action: 'AssumeRole',
    ...roleSessionParameters(options),
    ExternalId: options.externalId,
    SourceIdentity: options.sourceIdentity,
    ...members('Tags', Object.entries(tags), ([key, value]) => ({ '.Key': key, '.Value': value })),
    ...members('TransitiveTagKeys', transitiveTagKeys, (key) => ({ '': key })),
  };
  const subject = { name: `assumeRole ${roleArn}`, roleArn };
  return createCache(
    async () => call({ ...parameters, ...(await mfaParameters(options, subject)) }, subject),
    options,
    true,
  );
}

function areTags(value: unknown): boolean {
  // A Map's would be passed over.
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
