import type { Answer } from './answer.ts';
import type { Rejection } from './read-rejection.ts';
import type { SignedRequest } from '../request.ts';

/**
 * Tells why AWS refused a request; `undefined` if the answer is not a refusal. The answer's body
 * stays readable.
 *
 * @param sent what was refused: should the answer quote it, its signature and token are left out
 * @see https://repost.aws/knowledge-center/api-gateway-troubleshoot-403-forbidden
 */
export async function explainRejection(
  answer: Answer,
  sent?: SignedRequest,
): Promise<Rejection | undefined> {
  // The texts are long, and loaded once there is a need for them: most programs never have it.
  const { refusalOf } = await import('./read-rejection.ts');
  return (await refusalOf(answer, sent))?.rejection;
}

/**
 * What a request that was sent unsigned met, if AWS missed its signature; `undefined` otherwise.
 * By the headers alone: the body of another host's answer is not ours to read.
 *
 * @param reason why it was not signed
 */
export async function explainPassed(
  answer: Answer,
  reason: string,
): Promise<Rejection | undefined> {
  if (answer.status !== 403) return undefined;
  const { rejectionOfUnsigned } = await import('./read-rejection.ts');
  return rejectionOfUnsigned(answer, reason);
}
