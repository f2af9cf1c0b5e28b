import type { SignedRequest } from '../request/request.ts';
import { redactionFor } from './redaction.ts';

const MAX_LENGTH = 1000;
/** What is looked at to get that much. */
const MAX_READ = 65_536;

/**
 * A message of AWS, made fit for logs: without what AWS quotes of the request (the canonical
 * request with the session token, the Authorization header), without control characters, and at
 * most 1,000 characters long.
 *
 * @param sent the request whose token and signature are left out, wherever and however they stand
 */
export function printable(message: string, sent?: SignedRequest): string {
  const text = message
    .slice(0, MAX_READ)
    .replace(/The Canonical String for this request should have been[\s\S]*/, '')
    .replace(/\bAuthorization(?:=| header: ')[\s\S]*/, '')
    .replace(/^'[^']*' (not a valid key=value pair)/, 'A part is $1');
  const safe = sent === undefined ? text : redactionFor(sent).text(text);
  return safe
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_LENGTH);
}
