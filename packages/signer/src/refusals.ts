import type { Answer } from './answer.ts';
import type { Rejection } from './rejection.ts';

/** Gone with the answers that they belong to. */
const refusals = new WeakMap<object, Rejection>();

/**
 * Why AWS refused the request that got this answer; `undefined` if it did not, or if the answer
 * did not come through `send` or `pass` of a signer, or a client that uses it. Its body stays as
 * it is, read or unread.
 */
export function explain(answer: Pick<Answer, 'status'>): Rejection | undefined {
  return refusals.get(answer);
}

/** A clone tells the same: ky's hooks get clones. */
export function remember(answer: Cloneable, rejection: Rejection): void {
  refusals.set(answer, rejection);
  const { clone } = answer;
  if (clone === undefined) return;
  const value = (): object => {
    const copy = clone.call(answer);
    remember(copy, rejection);
    return copy;
  };
  Reflect.defineProperty(answer, 'clone', { value, configurable: true, writable: true });
}

interface Cloneable {
  readonly clone?: () => object;
}
