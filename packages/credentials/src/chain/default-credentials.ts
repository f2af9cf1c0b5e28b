import type { Credentials } from '@sigv4/signer';
import { matching, readOptions, type OptionRules } from '@sigv4/signer/client';

import { CACHE_OPTIONS, type CacheOptions } from '../cache/cache-options.ts';
import { createCache, type CachedCredentials } from '../cache/cache.ts';
import { withTimeout } from '../cache/time-limit.ts';
import { bare } from '../own-fields.ts';
import { environment } from '../runtime.ts';
import { askChain } from './ask-chain.ts';

export interface DefaultCredentialsOptions extends CacheOptions {
  /** The profile to take, whatever the environment has. Default: AWS_PROFILE. Node only. */
  readonly profile?: string | undefined;
}

export const DEFAULT_CREDENTIALS_OPTIONS: OptionRules<DefaultCredentialsOptions> = {
  profile: matching(/\S/, 'the name of a profile'),
  ...CACHE_OPTIONS,
};

/** The machine's own credentials, and the region that belongs to them. */
export interface MachineCredentials extends CachedCredentials {
  /**
   * The region of the profile, as the AWS SDK reads it. It is `undefined` if the profile names none,
   * and where the credentials are in the environment: the SDK is not loaded there.
   */
  region(): Promise<string | undefined>;
}

let shared: MachineCredentials | undefined;

/**
 * The machine's own credentials, in the order of the AWS SDK for JavaScript: environment
 * variables (unless AWS_PROFILE or `profile` is set), then profile and SSO files, web identity (EKS),
 * container (ECS), EC2 instance metadata. Environment variables are read without the SDK. For
 * everything else, `@aws-sdk/credential-provider-node` is loaded when it is first needed.
 *
 * Without options, all callers of the process share one cache.
 *
 * The provider throws {@link CredentialsError} `NoCredentials` if none of these has any, and in
 * browsers and workers, which have no credentials of their own.
 *
 * @throws {TypeError} naming the wrong option
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export function defaultCredentials(options?: DefaultCredentialsOptions): MachineCredentials {
  if (options === undefined) return (shared ??= machineCredentials(bare({})));
  return machineCredentials(
    readOptions(options, DEFAULT_CREDENTIALS_OPTIONS, 'defaultCredentials'),
  );
}

function machineCredentials(options: DefaultCredentialsOptions): MachineCredentials {
  const { profile } = options;
  const inEnvironment = (): Credentials | undefined =>
    profile === undefined ? environmentCredentials() : undefined;
  const chain = withTimeout(async () => {
    // It is loaded only by those who need it.
    const { defaultChain } = await import('#default-chain');
    return askChain(defaultChain, profile);
  }, options);
  let reading: Promise<string | undefined> | undefined;
  return Object.assign(
    createCache(async () => inEnvironment() ?? chain(), options, false),
    {
      async region(): Promise<string | undefined> {
        if (inEnvironment() !== undefined) return undefined;
        reading ??= import('#default-chain')
          .then(({ profileRegion }) => profileRegion(profile))
          // If the SDK cannot be loaded, nothing can read profiles.
          .catch(() => undefined);
        const region = await reading;
        if (region === undefined) reading = undefined;
        return region;
      },
    },
  );
}

/** @see https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html */
function environmentCredentials(): Credentials | undefined {
  // A caller who names a profile means the profile. The SDK has the same rule.
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
    // We have no use for these, but clients of the SDK do.
    ...(credentialScope === undefined ? undefined : { credentialScope }),
    ...(accountId === undefined ? undefined : { accountId }),
  };
}
