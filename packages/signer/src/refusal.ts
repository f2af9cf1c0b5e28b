import type { Awaitable } from './hash.ts';

/** Why a request cannot be signed; `refusal-words.ts` has the words. */
export type Problem =
  | 'credentials'
  | 'request'
  | 'method'
  | 'headers'
  | 'header-name'
  | 'header-type'
  | 'header-value'
  | 'header-ascii'
  | 'body'
  | 'url'
  | 'scheme'
  | 'userinfo'
  | 'dot-segments'
  | 'website'
  | 'insecure'
  | 'no-region'
  | 'region-function'
  | 'region-set'
  | 'redirects'
  | 'date';

/** Tells a refusal from errors of others. Registered, since bundles can hold this file twice. */
const DETAILS = Symbol.for('@sigv4/signer: details of a refusal');

interface Refusal extends Error {
  readonly message: Problem;
  readonly [DETAILS]: readonly unknown[];
}

/**
 * A request cannot be signed. What is thrown is not for callers, who get it in words.
 *
 * @param details for the words
 */
export function refuse(problem: Problem, ...details: unknown[]): never {
  throw Object.assign(new Error(problem), { [DETAILS]: details });
}

/**
 * Does what may be refused, and tells the caller why it was: the words are long, and loaded once
 * there is a need for them.
 *
 * @throws `TypeError` or `SigV4Error` in the place of a refusal; any other error as it is
 */
export async function inWords<T>(work: () => Awaitable<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { errorOf } = await import('./refusal-words.ts');
    throw errorOf(error.message, error[DETAILS]);
  }
}

function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && DETAILS in error;
}
