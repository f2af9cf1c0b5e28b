import { CredentialsError } from '../errors.ts';

/** Waits; the signal says that nobody waits for it any more. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * Waits for work, but not for ever.
 *
 * @param work its signal is aborted when the time is over
 * @throws {TimeoutError}
 */
export async function withinTime<T>(
  ms: number,
  sleep: Sleep,
  work: (late: AbortSignal) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  // A signal of its own: aborting a fetch that is over takes a millisecond of a cold start.
  const late = new AbortController();
  const giveUp = async (): Promise<never> => {
    await sleep(ms, done.signal);
    late.abort();
    throw new TimeoutError(`no answer within ${ms / 1000} s`);
  };
  return Promise.race([work(late.signal), giveUp()]).finally(() => done.abort());
}

export function sleepByTimer(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}

/** Seconds that a source has for its answer. */
export const SOURCE_TIMEOUT = 60;

/**
 * A source that fails if it does not answer in time. The cache has no timers; without this one, a
 * source that never settles would keep all callers of the cache waiting for ever.
 *
 * Its answer is ignored once the time is over.
 */
export function withTimeout<Asked extends readonly unknown[], Answer>(
  source: (...asked: Asked) => Promise<Answer>,
  {
    sourceTimeout = SOURCE_TIMEOUT,
    sleep = sleepByTimer,
  }: { readonly sourceTimeout?: number | undefined; readonly sleep?: Sleep | undefined },
): (...asked: Asked) => Promise<Answer> {
  return async (...asked) => {
    try {
      return await withinTime(sourceTimeout * 1000, sleep, async () => source(...asked));
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      throw new CredentialsError(
        'Timeout',
        `credentials: the source gave ${error.message}; find out what it waits for, or raise \`sourceTimeout\``,
        { recoverable: true },
      );
    }
  };
}
