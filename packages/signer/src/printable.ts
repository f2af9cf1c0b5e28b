import type { SignedRequest } from './request.ts';

const MAX_LENGTH = 1000;

/**
 * A message of AWS, fit for logs: without what AWS quotes of the request (the canonical request
 * with the session token, the Authorization header), without control characters, at most 1,000
 * characters.
 *
 * @param sent whose token and signature are left out wherever they stand
 */
export function printable(message: string, sent?: SignedRequest): string {
  let text = message
    .replace(/The Canonical String for this request should have been[\s\S]*/, '')
    .replace(/\bAuthorization=[\s\S]*/, '');
  for (const secret of [
    sent?.headers['authorization'],
    sent?.headers['x-amz-security-token'],
    sent?.signature,
  ]) {
    if (secret) text = text.replaceAll(secret, '[redacted]');
  }
  return text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_LENGTH);
}
