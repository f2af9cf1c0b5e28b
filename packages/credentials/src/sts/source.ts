import type { Credentials, CredentialsProvider } from '@sigv4/signer';

import type { CacheOptions } from '../cache/cache-options.ts';
import { isCached, type CachedCredentials } from '../cache/cache.ts';
import { takeCredentials } from '../cache/credentials-copy.ts';
import { withTimeout } from '../cache/time-limit.ts';

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
