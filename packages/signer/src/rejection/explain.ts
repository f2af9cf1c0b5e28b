import type { SignedRequest } from '../request/request.ts';
import type { Answer } from './answer.ts';
import type { QuotedSecrets, ReadRejection } from './read-rejection.ts';
import type { Rejection } from './rejection.ts';

/**
 * Where an answer keeps what was read of it. The symbol is registered, since a program can hold this
 * file several times: as an ES module and as CommonJS; and what is loaded late comes with a copy of
 * its own once the program has cleared its modules, as Jest's `resetModules` does.
 */
const READ = Symbol.for('@sigv4/signer: read');

interface Marked {
  /** A function, since what was read holds secrets, and printing or copying must not come to them. */
  readonly [READ]?: () => ReadRejection;
}

/** What was read of answers that cannot bear it, because they are frozen. */
const frozen = new WeakMap<object, ReadRejection>();

function readOf(answer: object): ReadRejection | undefined {
  return frozen.get(answer) ?? (answer as Marked)[READ]?.();
}

/**
 * Why AWS refused the request that got this answer. The answer's body stays as it is, read or
 * unread.
 *
 * @returns `undefined` if AWS did not refuse it, or if the answer did not come through a signer's
 *   `send` or `pass`, or a client that uses them
 */
export function explain(answer: Pick<Answer, 'status'>): Rejection | undefined {
  return readOf(answer)?.rejection;
}

/**
 * How a client takes the secrets of the request out of the body of a rejection before it hands
 * that on.
 *
 * @returns `undefined` if the body is known to hold none
 */
export function quotedSecrets(answer: Pick<Answer, 'status'>): QuotedSecrets | undefined {
  return readOf(answer)?.quoted;
}

/** Has an answer that stands for another tell the same of it. Its body must be free of secrets. */
export function standsFor(answer: Cloneable, other: Pick<Answer, 'status'>): void {
  const rejection = explain(other);
  if (rejection !== undefined) remember(answer, { rejection, isRead: true, quoted: undefined });
}

/**
 * Keeps why an answer is a rejection, for {@link explain}. Its clones (ky's hooks get one) tell
 * the same.
 */
export function remember(answer: Cloneable, read: ReadRejection): void {
  const value = (): ReadRejection => read;
  if (!Reflect.defineProperty(answer, READ, { value, configurable: true })) {
    frozen.set(answer, read);
  }
  const { clone } = answer;
  if (typeof clone !== 'function') return;
  const tellingClone = (): object => {
    const copy = clone.call(answer);
    remember(copy, read);
    return copy;
  };
  const descriptor = { value: tellingClone, configurable: true, writable: true };
  Reflect.defineProperty(answer, 'clone', descriptor);
}

interface Cloneable {
  readonly clone?: () => object;
}

/**
 * Tells why AWS refused a request. The answer's body stays readable.
 *
 * @param sent what was refused: should the answer quote it, its signature and token are left out
 * @returns `undefined` if the answer is not a rejection; never rejects because of the answer
 * @see https://repost.aws/knowledge-center/api-gateway-troubleshoot-403-forbidden
 */
export async function explainRejection(
  answer: Answer,
  sent?: SignedRequest,
): Promise<Rejection | undefined> {
  // The texts are long, and most programs never need them.
  const { readRejection } = await import('./read-rejection.ts');
  return (await readRejection(answer, sent))?.rejection;
}

/**
 * What a request that was sent unsigned met, if AWS missed its signature. Only the headers are
 * read: the body of another host's answer is not ours.
 *
 * @param reason why it was not signed
 * @returns `undefined` if AWS did not miss a signature
 */
export async function explainPassed(
  answer: Answer,
  reason: string,
): Promise<Rejection | undefined> {
  if (answer.status !== 403) return undefined;
  const { rejectionOfUnsigned } = await import('./read-rejection.ts');
  const rejection = rejectionOfUnsigned(answer, reason);
  if (rejection !== undefined) remember(answer, { rejection, isRead: false, quoted: undefined });
  return rejection;
}

/**
 * Makes a message of AWS fit for logs: without what it quotes of the request, without control
 * characters, and of at most 1,000 characters.
 *
 * @param sent the request whose token and signature are left out, wherever they stand
 */
export async function printable(message: string, sent?: SignedRequest): Promise<string> {
  const station = await import('./read-rejection.ts');
  return station.printable(message, sent);
}
