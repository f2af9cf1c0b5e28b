import type { Credentials } from '@sigv4/signer';

import { CACHE_OPTIONS, type CacheOptions } from '../cache/cache-options.ts';
import { createCache, type CachedCredentials } from '../cache/cache.ts';
import { withTimeout } from '../cache/time-limit.ts';
import { askChain } from './ask-chain.ts';
import { readOptions } from '../option-table.ts';
import { environment } from '../runtime.ts';

let shared: CachedCredentials | undefined;

/**
 * The machine's own credentials, in the order of the AWS SDK for JavaScript: environment
 * variables (unless AWS_PROFILE is set), then profile and SSO files, web identity (EKS),
 * container (ECS), EC2 instance metadata. Environment variables are read without the SDK;
 * everything else is asked of `@aws-sdk/credential-provider-node`, loaded only then.
 *
 * Without options, all callers of the process share one cache.
 *
 * The provider throws {@link CredentialsError} `NoCredentials` if none of these has any, and in
 * browsers and workers, which have no credentials of their own.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export function defaultCredentials(options?: CacheOptions): CachedCredentials {
  if (options === undefined) return (shared ??= machineCredentials({}));
  return machineCredentials(readOptions('defaultCredentials', options, CACHE_OPTIONS));
}

function machineCredentials(options: CacheOptions): CachedCredentials {
  const chain = withTimeout(async () => {
    // Whoever does not need it does not load it.
    const { defaultChain } = await import('#default-chain');
    return askChain(defaultChain);
  }, options);
  return createCache(async () => environmentCredentials() ?? chain(), options, false);
}

/** @see https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html */
function environmentCredentials(): Credentials | undefined {
  // As in the SDK: who names a profile means the profile.
  if (environment('AWS_PROFILE') !== undefined) return undefined;
  const accessKeyId = environment('AWS_ACCESS_KEY_ID');
  const secretAccessKey = environment('AWS_SECRET_ACCESS_KEY');
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const sessionToken = environment('AWS_SESSION_TOKEN');
  const expiration = environment('AWS_CREDENTIAL_EXPIRATION');
  const credentialScope = environment('AWS_CREDENTIAL_SCOPE');
  const accountId = environment('AWS_ACCOUNT_ID');
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? undefined : { sessionToken }),
    ...(expiration === undefined ? undefined : { expiration: new Date(expiration) }),
    // Of no use here; the SDK's clients know them.
    ...(credentialScope === undefined ? undefined : { credentialScope }),
    ...(accountId === undefined ? undefined : { accountId }),
  };
}
