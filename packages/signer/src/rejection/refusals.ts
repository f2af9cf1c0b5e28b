import type { Answer } from './answer.ts';
import type { Rejection } from './read-rejection.ts';

/** What is known of a refused answer. */
export interface Refusal {
  readonly rejection: Rejection;
  /** Its text without the secrets of the request that AWS quoted; `undefined` if it quoted none. */
  readonly redacted: string | undefined;
}

/** The statuses that AWS refuses with; whether it did, the answer's text tells. */
export function mayBeRefusal(status: number): boolean {
  return status === 400 || status === 401 || status === 403;
}

const REFUSALS = Symbol.for('@sigv4/signer: refusals');

/** Gone with the answers that they belong to. Registered, since this file may be loaded twice. */
function refusals(): WeakMap<object, Refusal> {
  const registry = globalThis as { [REFUSALS]?: WeakMap<object, Refusal> };
  return (registry[REFUSALS] ??= new WeakMap());
}

/**
 * Why AWS refused the request that got this answer; `undefined` if it did not, or if the answer
 * did not come through `send` or `pass` of a signer, or a client that uses it. Its body stays as
 * it is, read or unread.
 */
export function explain(answer: Pick<Answer, 'status'>): Rejection | undefined {
  return refusals().get(answer)?.rejection;
}

/**
 * The text of a refused answer in which AWS quoted the request's session token or signature,
 * without them: what a client hands on in its place. `undefined` if there is nothing to hide.
 */
export function redactedText(answer: Pick<Answer, 'status'>): string | undefined {
  return refusals().get(answer)?.redacted;
}

/** An answer that stands for another tells the same of it. */
export function standsFor(answer: Cloneable, other: object): void {
  const refusal = refusals().get(other);
  if (refusal !== undefined) remember(answer, { ...refusal, redacted: undefined });
}

/** A clone tells the same: ky's hooks get clones. */
export function remember(answer: Cloneable, refusal: Refusal): void {
  refusals().set(answer, refusal);
  const { clone } = answer;
  if (clone === undefined) return;
  const value = (): object => {
    const copy = clone.call(answer);
    remember(copy, refusal);
    return copy;
  };
  Reflect.defineProperty(answer, 'clone', { value, configurable: true, writable: true });
}

interface Cloneable {
  readonly clone?: () => object;
}
