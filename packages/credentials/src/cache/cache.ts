import type { Credentials, CredentialsProvider } from '@sigv4/signer';
import { orAborted, quietListener, readOptions } from '@sigv4/signer/client';

import { CredentialsError } from '../errors.ts';
import { ownValue } from '../own-fields.ts';
import { CACHE_OPTIONS, type CacheOptions } from './cache-options.ts';
import { copyOf, takeCredentials } from './credentials-copy.ts';
import { phaseAt, refreshWindows, type RefreshWindows } from './refresh-windows.ts';
import { withTimeout } from './time-limit.ts';

/** A provider that asks its source only when it must. */
export interface CachedCredentials extends CredentialsProvider {
  /**
   * Says that AWS refused the credentials with this key. The next call then asks the source, unless
   * the source failed just before. If others have taken their place meanwhile, nothing happens.
   */
  invalidate(rejected: { accessKeyId: string }): void;
  /** A copy of the credentials in use; `undefined` if it is time to renew them, or AWS refused them. */
  atHand(): Credentials | undefined;
  /** Tells the AWS SDK's clients to put no cache of their own before this one. */
  readonly memoized: true;
}

/** The credentials that are in use. */
interface Session {
  readonly credentials: Credentials;
  readonly windows: RefreshWindows;
  /** Whether AWS refused them. */
  isRejected: boolean;
  /** Whether an event has told that they are in use past their end. */
  isToldExpired: boolean;
}

/** One question to the source, shared by all callers who wait for its answer. */
interface Fetch {
  readonly number: number;
  readonly startedAt: number;
  /** Whether it renews a session in its advisory window after nothing had failed. */
  readonly isRegular: boolean;
  readonly answer: Promise<Credentials>;
  readonly settle: (answer: Credentials | Promise<Credentials>) => void;
  readonly fail: (error: unknown) => void;
}

/** It has a beginning too: once the clock is set back before it, the period is over. */
interface Period {
  readonly from: number;
  readonly until: number;
}

/**
 * Seconds, at least. A fetch that is older by the clock is given up at the next call: the process
 * must have been stopped meanwhile, and with it the timer of the fetch's time-out.
 */
const ABANDONED_AFTER = 60;

/**
 * Keeps the credentials that a provider gives, and renews them by the rule that AWS gave its SDKs
 * (see `refreshWindows`). Before the windows, the source is not asked. In the advisory window,
 * a single caller asks it and waits. From the mandatory window on, all callers wait for one shared
 * fetch. Each caller gets a copy of its own.
 *
 * If a renewal fails in a way that may pass, the old credentials stay in use, even past their end,
 * and the source is not asked for 300 to 600 s. If it fails in a way that will not pass
 * (`recoverable: false`), the error is thrown, and for 1 to 5 s the same error is thrown without
 * asking. The cache has no timers of its own: each call finds out what is due.
 *
 * A provider that is cached already is returned as it is. Until there are credentials, the
 * provider throws what its source throws; `CredentialsError` `Timeout` if the source does not
 * answer in time; and `SigV4Error` ERR_SIGV4_CREDENTIALS if nothing can be signed with its answer.
 *
 * @example
 * ```ts
 * const credentials = cacheCredentials(async () => {
 *   const session = await (await fetch('/session')).json();
 *   return { ...session, expiration: new Date(session.expiration) };
 * });
 * ```
 * @throws {TypeError} naming the wrong option
 */
export function cacheCredentials(
  source: CredentialsProvider,
  given: CacheOptions = {},
): CachedCredentials {
  if (typeof source !== 'function') {
    throw new TypeError('cacheCredentials: expected an async function that returns credentials');
  }
  const options = readOptions(given, CACHE_OPTIONS, 'cacheCredentials');
  if (isCached(source)) return source;
  return createCache(withTimeout(source, options), options, false);
}

/** Whether a provider is one of ours, or can do what ours can. */
export function isCached(provider: CredentialsProvider): provider is CachedCredentials {
  const cached = provider as Partial<CachedCredentials>;
  return (
    ownValue(cached, 'memoized') === true && typeof ownValue(cached, 'invalidate') === 'function'
  );
}

/**
 * {@link cacheCredentials} for options that have been checked, and a source that always settles.
 *
 * @param isOfFleet whether many processes may have started at once before the same service. A
 *   session that somebody waited for is then renewed at a random time before its advisory window,
 *   or all those processes would renew in the same second.
 */
export function createCache(
  source: CredentialsProvider,
  options: CacheOptions,
  isOfFleet: boolean,
): CachedCredentials {
  // `Date.now` is looked up at each call, since fake timers replace it.
  const { now = () => Date.now(), random = Math.random, advisoryWindow, sourceTimeout } = options;
  const abandonedAfter = Math.max(ABANDONED_AFTER, sourceTimeout ?? 0) * 1000;
  const emit = quietListener(options.onEvent);
  let session: Session | undefined;
  let running: Fetch | undefined;
  let backOff: Period | undefined;
  let failure: (Period & { readonly error: unknown }) | undefined;
  let lastStarted = 0;
  let lastAccepted = 0;

  const provider = async (
    asked: { forceRefresh?: boolean; signal?: AbortSignal } = {},
  ): Promise<Credentials> => {
    const signal = ownValue(asked, 'signal');
    const time = now();
    const shared = running && !isAbandoned(running, time) ? running : undefined;
    let phase = session && phaseAt(time, session.windows);
    if (ownValue(asked, 'forceRefresh') || session?.isRejected) phase = 'mandatory';

    if (session && phase === 'fresh') return copyOf(session.credentials);
    if (session && phase === 'advisory' && shared) return copyOf(session.credentials);
    if (shared) return copyOf(await orAborted(shared.answer, signal));
    if (isWithin(failure, time)) throw failure.error;
    if (session && isWithin(backOff, time)) return copyOf(serve(session, time));
    signal?.throwIfAborted();
    const isRegular = phase === 'advisory' && backOff === undefined && failure === undefined;
    return copyOf(await orAborted(startFetch(time, isRegular), signal));
  };

  /** A clock that was set back tells as little about the age of a fetch as one that leapt ahead. */
  function isAbandoned({ startedAt }: Fetch, time: number): boolean {
    return Math.abs(time - startedAt) > abandonedAfter;
  }

  function startFetch(startedAt: number, isRegular: boolean): Promise<Credentials> {
    const abandoned = running;
    let settle!: Fetch['settle'];
    let fail!: Fetch['fail'];
    const answer = new Promise<Credentials>((resolve, reject) => {
      settle = resolve;
      fail = reject;
    });
    const fetch: Fetch = { number: ++lastStarted, startedAt, isRegular, answer, settle, fail };
    running = fetch;
    // The callers who waited for the fetch that is given up now wait for this one.
    abandoned?.settle(answer);
    ask(fetch).then(settle, fail);
    return answer;
  }

  async function ask(fetch: Fetch): Promise<Credentials> {
    emit({ type: 'fetch-started' });
    try {
      // Providers of the AWS SDK would give what they gave before if they were not forced.
      const given = await source(fetch.number === 1 ? {} : { forceRefresh: true });
      return accept(fetch, takeCredentials(given));
    } catch (error) {
      return refuse(fetch, error);
    } finally {
      if (running === fetch) running = undefined;
    }
  }

  function accept(fetch: Fetch, credentials: Credentials): Credentials {
    const time = now();
    const { expiration } = credentials;
    if (expiration && expiration.getTime() <= time) throw expiredAnswer(expiration);
    emit({
      type: 'fetch-succeeded',
      duration: time - fetch.startedAt,
      expiration: endOf(credentials),
    });
    // A newer fetch has already been accepted; discard this one.
    if (session && fetch.number < lastAccepted) return session.credentials;
    lastAccepted = fetch.number;
    const stretch = isOfFleet && !fetch.isRegular ? random() : 0;
    const windows = refreshWindows(time, expiration?.getTime(), advisoryWindow, stretch);
    session = { credentials, windows, isRejected: false, isToldExpired: false };
    backOff = undefined;
    failure = undefined;
    return credentials;
  }

  /** @returns the old credentials, if they can stay in use */
  function refuse(fetch: Fetch, error: unknown): Credentials {
    const time = now();
    const recoverable = !isFinal(error);
    const duration = time - fetch.startedAt;
    emit({ type: 'fetch-failed', duration, code: codeOf(error), recoverable });
    // Those who waited for it have been given to a newer fetch.
    if (running !== fetch) throw error;
    if (!recoverable) {
      failure = { error, from: time, until: time + 1000 + random() * 4000 };
      throw error;
    }
    if (session === undefined) throw error;
    // A fetch that failed because the process was stopped tells nothing about the source.
    if (!isAbandoned(fetch, time)) beginBackOff(session, time);
    return serve(session, time);
  }

  function beginBackOff({ credentials }: Session, from: number): void {
    const duration = 300_000 + random() * 300_000;
    backOff = { from, until: from + duration };
    emit({ type: 'back-off-begun', duration, expiration: endOf(credentials) });
  }

  function serve(old: Session, time: number): Credentials {
    if (time >= old.windows.expiresAt && !old.isToldExpired) {
      old.isToldExpired = true;
      emit({ type: 'expired-served', expiration: endOf(old.credentials) });
    }
    return old.credentials;
  }

  function invalidate({ accessKeyId }: { accessKeyId: string }): void {
    if (session?.credentials.accessKeyId !== accessKeyId || session.isRejected) return;
    session.isRejected = true;
    emit({ type: 'invalidated' });
  }

  function atHand(): Credentials | undefined {
    if (session === undefined || session.isRejected) return undefined;
    return phaseAt(now(), session.windows) === 'fresh' ? copyOf(session.credentials) : undefined;
  }

  return Object.assign(provider, { invalidate, atHand, memoized: true as const });
}

/** A copy: a listener could change the date of the cached credentials. */
function endOf({ expiration }: Credentials): Date | undefined {
  return expiration && new Date(expiration.getTime());
}

function isWithin<P extends Period>(period: P | undefined, time: number): period is P {
  return period !== undefined && time >= period.from && time < period.until;
}

function isFinal(error: unknown): boolean {
  return (error as { recoverable?: unknown } | null | undefined)?.recoverable === false;
}

function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (typeof code === 'string') return code;
  return typeof name === 'string' ? name : typeof error;
}

function expiredAnswer(expiration: Date): CredentialsError {
  return new CredentialsError(
    'ExpiredAnswer',
    `credentials: the source gave credentials that ended at ${expiration.toISOString()}; renew them where they come from, or set this machine's clock`,
    { recoverable: true },
  );
}
