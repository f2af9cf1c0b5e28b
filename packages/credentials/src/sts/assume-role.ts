import { checkOption, readOptions } from '@sigv4/signer/client';

import { createCache, type CachedCredentials } from '../cache/cache.ts';
import { defaultCredentials } from '../chain/default-credentials.ts';
import { stsClient } from './client.ts';
import { checkMfa, mfaParameters } from './mfa.ts';
import { members, roleSessionParameters } from './role-session.ts';
import { assumeRoleOptions, ROLE_ARN, type AssumeRoleOptions } from './sts-options.ts';

/**
 * Credentials of a role, in this or another account, kept fresh: one call of STS however many
 * callers wait, renewed before they end. It needs nothing of the AWS SDK.
 *
 * The provider throws {@link CredentialsError} with STS's code.
 *
 * @throws {TypeError} naming the wrong option or environment variable
 * @throws {SigV4Error} ERR_SIGV4_INSECURE if the endpoint is http: on another machine
 */
export function assumeRole(given: AssumeRoleOptions): CachedCredentials {
  const options = readOptions(given, assumeRoleOptions(), 'assumeRole');
  checkOption(ROLE_ARN, options.roleArn, 'roleArn');
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
  const subject = { name: `assumeRole ${roleArn}`, roleArn, secret: undefined };
  return createCache(
    async () => call({ ...parameters, ...(await mfaParameters(options, subject)) }, subject),
    options,
    true,
  );
}
