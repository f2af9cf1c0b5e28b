import { orAborted, type Credentials, type CredentialsProvider } from '@sigv4/signer';
import { quietListener } from '@sigv4/signer/internal';

import { CredentialsError } from '../errors.ts';
import { copyOf, takeCredentials } from './credentials-copy.ts';
import { ownValue, readOptions } from '../option-table.ts';
import { CACHE_OPTIONS, type CacheOptions } from './cache-options.ts';
import { phaseAt, refreshWindows, type RefreshWindows } from './refresh-windows.ts';
import { withTimeout } from './time-limit.ts';

/** A provider that asks its source only when it must. */
export interface CachedCredentials extends CredentialsProvider {
  /**
   * Says that AWS refused the credentials with this key: the next call asks the source, unless it
   * failed just before. Without effect if others have taken their place meanwhile.
   */
  invalidate(rejected: { accessKeyId: string }): void;
  /** What the AWS SDK's clients look for: they put no cache of their own before this one. */
  readonly memoized: true;
}

/** What is in use. */
interface Session {
  readonly credentials: Credentials;
  readonly windows: RefreshWindows;
  /** AWS refused them. */
  rejected: boolean;
  /** Told that they are in use although they have ended. */
  told: boolean;
}

/** One time that the source is asked, for all who wait. */
interface Fetch {
  readonly number: number;
  readonly startedAt: number;
  /** Whether it renews a session in its advisory window, and nothing had failed before. */
  readonly regular: boolean;
  readonly answer: Promise<Credentials>;
  readonly settle: (answer: Credentials | Promise<Credentials>) => void;
  readonly fail: (error: unknown) => void;
}

/** Not before and not after: if the clock is set back, a period of before is over. */
interface Period {
  readonly from: number;
  readonly until: number;
}

/**
 * Seconds, at least. A fetch that is older by the clock is given up: its process was stopped, and
 * the timer of its time-out with it.
 */
const ABANDONED_AFTER = 60;

/**
 * Keeps what a provider gives, and renews it by AWS's rule for its SDKs (see
 * {@link refreshWindows}): before the windows the source is not asked; in the advisory one a
 * single caller waits for it; from the mandatory one on all do, for one shared fetch.
 *
 * A renewal that fails in a way that may pass keeps the old ones in use, even past their end, and
 * the source is not asked for 300 to 600 s. One that will not pass (`recoverable: false`) is
 * thrown, and for 1 to 5 s again without asking. There are no timers: what is due is found out at
 * the next call.
 *
 * A provider that is cached already is returned as it is. Until there are credentials, the
 * provider throws what its source throws, and `SigV4Error` ERR_SIGV4_CREDENTIALS if that gives
 * what cannot be signed with.
 *
 * @throws {TypeError} naming the wrong option
 */
export function cacheCredentials(
  source: CredentialsProvider,
  given: CacheOptions = {},
): CachedCredentials {
  if (typeof source !== 'function') {
    throw new TypeError('cacheCredentials: expected an async function that returns credentials');
  }
  const options = readOptions('cacheCredentials', given, CACHE_OPTIONS);
  if (isCached(source)) return source;
  return createCache(withTimeout(source, options), options, false);
}

/** Whether it is one of ours, or works as ours do. */
export function isCached(provider: CredentialsProvider): provider is CachedCredentials {
  const cached = provider as Partial<CachedCredentials>;
  return (
    ownValue(cached, 'memoized') === true && typeof ownValue(cached, 'invalidate') === 'function'
  );
}

/**
 * The same, of options that are checked.
 *
 * @param isOfFleet many processes may have started at once and ask the same service: a session that
 *   somebody waited for is renewed at a random time before its advisory window
 */
export function createCache(
  source: CredentialsProvider,
  options: CacheOptions,
  isOfFleet: boolean,
): CachedCredentials {
  // Fake timers replace Date later.
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
    if (ownValue(asked, 'forceRefresh') || session?.rejected) phase = 'mandatory';

    if (session && phase === 'fresh') return copyOf(session.credentials);
    if (session && phase === 'advisory' && shared) return copyOf(session.credentials);
    if (shared) return copyOf(await orAborted(shared.answer, signal));
    if (isWithin(failure, time)) throw failure.error;
    if (session && isWithin(backOff, time)) return copyOf(serve(session, time));
    signal?.throwIfAborted();
    const regular = phase === 'advisory' && backOff === undefined && failure === undefined;
    return copyOf(await orAborted(startFetch(time, regular), signal));
  };

  /** A clock that was set back far says as little about a fetch as one that went on. */
  function isAbandoned({ startedAt }: Fetch, time: number): boolean {
    return Math.abs(time - startedAt) > abandonedAfter;
  }

  function startFetch(startedAt: number, regular: boolean): Promise<Credentials> {
    const abandoned = running;
    let settle!: Fetch['settle'];
    let fail!: Fetch['fail'];
    const answer = new Promise<Credentials>((resolve, reject) => {
      settle = resolve;
      fail = reject;
    });
    const fetch: Fetch = { number: ++lastStarted, startedAt, regular, answer, settle, fail };
    running = fetch;
    // Who waited for the one that is given up waits for this one.
    abandoned?.settle(answer);
    ask(fetch).then(settle, fail);
    return answer;
  }

  async function ask(fetch: Fetch): Promise<Credentials> {
    emit({ type: 'fetch-started' });
    try {
      // Providers of the AWS SDK keep what they gave, and would give it again.
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
    emit({ type: 'fetch-succeeded', duration: time - fetch.startedAt, expiration });
    // It comes late: the answer to a later question is in use.
    if (session && fetch.number < lastAccepted) return session.credentials;
    lastAccepted = fetch.number;
    const stretch = isOfFleet && !fetch.regular ? random() : 0;
    const windows = refreshWindows(time, expiration?.getTime(), advisoryWindow, stretch);
    session = { credentials, windows, rejected: false, told: false };
    backOff = undefined;
    failure = undefined;
    return credentials;
  }

  /** @returns the old ones, if they can stay in use */
  function refuse(fetch: Fetch, error: unknown): Credentials {
    const time = now();
    const recoverable = !isFinal(error);
    const duration = time - fetch.startedAt;
    emit({ type: 'fetch-failed', duration, code: codeOf(error), recoverable });
    // Nobody waits for it any more.
    if (running !== fetch) throw error;
    if (!recoverable) {
      failure = { error, from: time, until: time + 1000 + random() * 4000 };
      throw error;
    }
    if (session === undefined) throw error;
    // What fails after the process was stopped says nothing about the source.
    if (!isAbandoned(fetch, time)) beginBackOff(session, time);
    return serve(session, time);
  }

  function beginBackOff({ credentials }: Session, from: number): void {
    const duration = 300_000 + random() * 300_000;
    backOff = { from, until: from + duration };
    emit({ type: 'back-off-begun', duration, expiration: credentials.expiration });
  }

  function serve(old: Session, time: number): Credentials {
    if (time >= old.windows.expiresAt && !old.told) {
      old.told = true;
      emit({ type: 'expired-served', expiration: old.credentials.expiration });
    }
    return old.credentials;
  }

  function invalidate({ accessKeyId }: { accessKeyId: string }): void {
    if (session?.credentials.accessKeyId !== accessKeyId || session.rejected) return;
    session.rejected = true;
    emit({ type: 'invalidated' });
  }

  return Object.assign(provider, { invalidate, memoized: true as const });
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
