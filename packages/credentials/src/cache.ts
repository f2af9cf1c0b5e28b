import {
  checkCredentials,
  orAborted,
  type Credentials,
  type CredentialsProvider,
} from '@sigv4/signer';

import { CredentialsError } from './errors.ts';

export interface CacheOptions {
  /** The clock, ms since the epoch. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** A provider that asks its source only when it must. */
export interface CachedCredentials extends CredentialsProvider {
  /**
   * Says that AWS refused the credentials with this key: the next call asks the source. Without
   * effect if others have taken their place meanwhile.
   */
  invalidate(rejected: { accessKeyId: string }): void;
}

/** In its last minute a session is renewed before it is used. */
const RENEWED_BEFORE_MS = 60_000;

/**
 * Keeps what a provider gives until it is about to end, and asks the provider once however many
 * callers wait. Credentials without expiration are kept until they are invalidated.
 *
 * The provider throws what its source throws, and `SigV4Error` ERR_SIGV4_CREDENTIALS if that gives
 * what cannot be signed with.
 *
 * @throws {TypeError} if `source` is no function
 */
export function cacheCredentials(
  source: CredentialsProvider,
  options: CacheOptions = {},
): CachedCredentials {
  if (typeof source !== 'function') {
    throw new TypeError('cacheCredentials: expected an async function that returns credentials');
  }
  const now = options.now ?? Date.now;
  let cached: Credentials | undefined;
  let askedBefore = false;
  let pending: Promise<Credentials> | undefined;

  async function ask(): Promise<Credentials> {
    // Providers of the AWS SDK keep what they gave, and would give it again.
    const credentials = checkCredentials(await source(askedBefore ? { forceRefresh: true } : {}));
    askedBefore = true;
    if (credentials.expiration && credentials.expiration.getTime() <= now()) {
      throw new CredentialsError(
        'ExpiredAnswer',
        `credentials: the source gave credentials that ended at ${credentials.expiration.toISOString()}; renew them where they come from, or set this machine's clock`,
        { recoverable: true },
      );
    }
    cached = credentials;
    return credentials;
  }

  function askOnce(): Promise<Credentials> {
    pending ??= ask().finally(() => {
      pending = undefined;
    });
    return pending;
  }

  const provider = async ({
    forceRefresh = false,
    signal,
  }: { forceRefresh?: boolean; signal?: AbortSignal } = {}): Promise<Credentials> => {
    if (cached !== undefined && !forceRefresh && !isEnding(cached, now())) return cached;
    return orAborted(askOnce(), signal);
  };
  return Object.assign(provider, {
    invalidate({ accessKeyId }: { accessKeyId: string }): void {
      if (cached?.accessKeyId === accessKeyId) cached = undefined;
    },
  });
}

function isEnding({ expiration }: Credentials, now: number): boolean {
  return expiration !== undefined && expiration.getTime() - now <= RENEWED_BEFORE_MS;
}
