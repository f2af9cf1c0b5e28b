import type { Credentials, CredentialsProvider } from '@sigv4/signer';

import type { CacheOptions } from '../cache/cache-options.ts';
import { isCached, type CachedCredentials } from '../cache/cache.ts';
import { takeCredentials } from '../cache/credentials-copy.ts';
import { withTimeout } from '../cache/time-limit.ts';
import type { MachineCredentials } from '../chain/default-credentials.ts';

/** Whoever calls STS, as a provider for the signer: it fails if it does not answer in time. */
export function sourceProvider(
  source: Credentials | CredentialsProvider,
  options: CacheOptions,
): CredentialsProvider {
  if (typeof source !== 'function') return async () => takeCredentials(source);
  const timely = isCached(source) ? source : withTimeout(source, options);
  const provider: CredentialsProvider = async (asked) => takeCredentials(await timely(asked));
  if (!Object.hasOwn(source, 'invalidate')) return provider;
  // The signer says so when AWS refuses what the source gave.
  const invalidate: CachedCredentials['invalidate'] = (rejected) =>
    (source as CachedCredentials).invalidate(rejected);
  return Object.assign(provider, { invalidate });
}

/** The region of the profile that a source takes credentials from, if it can tell. */
export async function profileRegionOf(
  source: Credentials | CredentialsProvider | undefined,
): Promise<string | undefined> {
  return isRegional(source) ? source.region() : undefined;
}

/** Lets a provider tell the region that its source can tell. */
export function withRegionOf(
  source: Credentials | CredentialsProvider,
  provider: CachedCredentials,
): CachedCredentials {
  return isRegional(source) ? Object.assign(provider, { region: () => source.region() }) : provider;
}

function isRegional(source: unknown): source is MachineCredentials {
  return typeof source === 'function' && Object.hasOwn(source, 'region');
}
