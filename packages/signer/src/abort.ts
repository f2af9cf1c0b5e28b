import { isPromise, type Awaitable } from './hash.ts';

/** Credentials from a cache are there within so many turns of the microtask queue. */
const TURNS = 6;

/**
 * A promise that its caller can stop waiting for; what is there already is given back as it is.
 * What it waits for goes on, since others may wait for it too.
 *
 * @throws the signal's reason, as soon as it is aborted
 */
export function orAborted<T>(value: Awaitable<T>, signal: AbortSignal | undefined): Awaitable<T> {
  return signal === undefined || !isPromise(value) ? value : waitFor(value, signal);
}

async function waitFor<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  // Listening costs more than a signature: what is at hand is not waited for by it.
  const state = { isThere: false };
  const arrived = (): void => {
    state.isThere = true;
  };
  promise.then(arrived, arrived);
  for (let turn = 0; turn < TURNS && !state.isThere; turn += 1) await Promise.resolve();
  return state.isThere && !signal.aborted ? promise : orRejected(promise, signal);
}

function orRejected<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abandon = (): void => reject(signal.reason as Error);
    if (signal.aborted) abandon();
    signal.addEventListener('abort', abandon, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abandon));
  });
}
