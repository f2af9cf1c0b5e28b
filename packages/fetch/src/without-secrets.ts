import { redactedText, standsFor } from '@sigv4/signer/client';

import { withFields } from './response-fields.ts';

/**
 * In place of an answer that bears secrets of the request, one that does not: a refusal in which
 * AWS quotes the session token, or an answer whose URL has the signature in its query.
 */
export function withoutSecrets(answer: Response): Response {
  const text = redactedText(answer);
  const url = withoutSignature(answer.url);
  // What a browser hides cannot be made anew, and shows nothing.
  if ((text === undefined && url === answer.url) || answer.status === 0) return answer;
  const { status, statusText, redirected, type } = answer;
  const headers = text === undefined ? answer.headers : headersFor(text, answer.headers);
  const safe = new Response(text ?? answer.body, { status, statusText, headers });
  withFields(safe, { url, redirected, type });
  standsFor(safe, answer);
  if (text !== undefined) answer.body?.cancel().catch(() => {});
  return safe;
}

/** Whoever hands the answer on hands on its length. */
function headersFor(text: string, given: Headers): Headers {
  const headers = new Headers(given);
  headers.delete('content-encoding');
  if (headers.has('content-length')) {
    headers.set('content-length', String(new TextEncoder().encode(text).byteLength));
  }
  return headers;
}

function withoutSignature(url: string): string {
  return url.replaceAll(/(?<=[?&]X-Amz-(?:Signature|Security-Token)=)[^&#]*/g, 'redacted');
}
