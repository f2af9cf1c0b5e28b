import { checkOption, readOptions } from '@sigv4/signer/client';

import { createCache, type CachedCredentials } from '../cache/cache.ts';
import { defaultCredentials } from '../chain/default-credentials.ts';
import { stsClient } from './client.ts';
import { withRegionOf } from './source.ts';
import { checkMfa, mfaParameters } from './mfa.ts';
import { members, roleSessionParameters } from './role-session.ts';
import { assumeRoleOptions, ROLE_ARN, type AssumeRoleOptions } from './sts-options.ts';

/**
 * Credentials of a role, in this or another account, kept fresh: one call of STS however many
 * callers wait, renewed before they end. It needs nothing of the AWS SDK.
 *
 * The provider throws {@link CredentialsError} with STS's code.
 *
 * @example
 * ```ts
 * const credentials = assumeRole({ roleArn: 'arn:aws:iam::222222222222:role/stock-invoke' });
 * const { accessKeyId, expiration } = await credentials();
 * ```
 * @throws {TypeError} naming the wrong option or environment variable
 * @throws {SigV4Error} ERR_SIGV4_INSECURE if the endpoint is http: on another machine
 */
export function assumeRole(given: AssumeRoleOptions): CachedCredentials {
  const options = readOptions(given, assumeRoleOptions(), 'assumeRole');
  checkOption(ROLE_ARN, options.roleArn, 'roleArn');
  checkMfa('assumeRole', options);
  const { roleArn, source = defaultCredentials(), tags = {}, transitiveTagKeys = [] } = options;
  const call = stsClient(source, options, roleArn);
  const parameters = {
    Action: 'AssumeRole',
    ...roleSessionParameters(options),
    ExternalId: options.externalId,
    SourceIdentity: options.sourceIdentity,
    ...members('Tags', Object.entries(tags), ([key, value]) => ({ '.Key': key, '.Value': value })),
    ...members('TransitiveTagKeys', transitiveTagKeys, (key) => ({ '': key })),
  };
  const subject = { name: `assumeRole ${roleArn}`, roleArn, secret: undefined };
  const cache = createCache(
    async () => call({ ...parameters, ...(await mfaParameters(options, subject)) }, subject),
    options,
    true,
  );
  return withRegionOf(source, cache);
}
