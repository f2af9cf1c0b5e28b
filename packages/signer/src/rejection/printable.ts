import type { SignedRequest } from '../request.ts';

const MAX_LENGTH = 1000;

/**
 * A message of AWS, fit for logs: without what AWS quotes of the request (the canonical request
 * with the session token, the Authorization header), without control characters, at most 1,000
 * characters.
 *
 * @param sent whose token and signature are left out wherever they stand
 */
export function printable(message: string, sent?: SignedRequest): string {
  const text = message
    .replace(/The Canonical String for this request should have been[\s\S]*/, '')
    .replace(/\bAuthorization(?:=| header: ')[\s\S]*/, '')
    .replace(/^'[^']*' (not a valid key=value pair)/, 'A part is $1');
  return redacted(text, sent)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_LENGTH);
}

/** A text without the token and the signature of a request, wherever they stand. */
export function redacted(text: string, sent: SignedRequest | undefined): string {
  const token = sent?.headers['x-amz-security-token'] ?? (sent && tokenInQuery(sent.url));
  let safe = text;
  for (const secret of [
    sent?.headers['authorization'],
    token,
    token && encodeURIComponent(token),
    // S3 tells bytes too.
    token && Array.from(token, (letter) => letter.charCodeAt(0).toString(16)).join(' '),
    sent?.signature,
  ]) {
    if (secret) safe = safe.replaceAll(secret, '[redacted]');
  }
  return safe;
}

function tokenInQuery(url: string): string | undefined {
  return new URL(url).searchParams.get('X-Amz-Security-Token') ?? undefined;
}
