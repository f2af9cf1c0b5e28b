import type { Credentials, CredentialsProvider } from '@sigv4/signer';

import {
  cacheRules,
  createCache,
  type CachedCredentials,
  type CacheOptions,
} from '../cache/cache.ts';
import { defaultCredentials } from '../chain/default-credentials.ts';
import { checkMfa, mfaRules, mfaParameters, type MfaOptions } from './mfa.ts';
import { checkOptions, optional, wholeSeconds, type OptionRules } from '../option-table.ts';
import { sourceRule, stsRules, stsClient, type StsOptions } from './client.ts';

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
export interface SessionTokenOptions extends MfaOptions, StsOptions, CacheOptions {
  /** Seconds, 900 to 129,600. Default: STS's, 12 hours. */
  readonly durationSeconds?: number | undefined;
  /** Whose session it is: a user's long-term keys. Default: {@link defaultCredentials}. */
  readonly source?: CredentialsProvider | Credentials | undefined;
}

function rules(): OptionRules<SessionTokenOptions> {
  return {
    durationSeconds: optional(wholeSeconds(900, 129_600)),
    ...mfaRules(),
    source: sourceRule(),
    ...stsRules(),
    ...cacheRules(),
  };
}

/**
 * Temporary credentials of the user itself, kept fresh: to prove MFA once for many calls, or to
 * keep long-term keys off the wire.
 *
 * The provider throws {@link CredentialsError} with STS's code.
 *
 * @throws {TypeError} naming the wrong option
 */
export function getSessionToken(options: SessionTokenOptions = {}): CachedCredentials {
  const subject = { name: 'getSessionToken' };
  checkOptions(subject.name, options, rules());
  checkMfa(subject.name, options);
  const call = stsClient(options.source ?? defaultCredentials(), options);
  const parameters = {
    Action: 'GetSessionToken',
    DurationSeconds: options.durationSeconds?.toString(),
  };
  return createCache(
    async () => call({ ...parameters, ...(await mfaParameters(options, subject)) }, subject),
    options,
    true,
  );
}
