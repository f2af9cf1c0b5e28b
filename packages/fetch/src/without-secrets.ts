import { redactedText, standsFor } from '@sigv4/signer';

import { withFields } from './response-fields.ts';

/**
 * Replaces an answer that holds secrets of the request: a refusal in which AWS quotes the session
 * token, or an answer whose URL has the signature in its query.
 *
 * @returns the same answer if it holds none
 */
export function withoutSecrets(answer: Response): Response {
  const text = redactedText(answer);
  const url = withoutSignature(answer.url);
  // A browser hides answers of status 0. Nobody can make another of these, and they show nothing.
  if ((text === undefined && url === answer.url) || answer.status === 0) return answer;
  const { status, statusText, redirected, type } = answer;
  const headers = text === undefined ? answer.headers : headersFor(text, answer.headers);
  const safe = new Response(text ?? answer.body, { status, statusText, headers });
  withFields(safe, { url, redirected, type });
  standsFor(safe, answer);
  if (text !== undefined) answer.body?.cancel().catch(() => {});
  return safe;
}

/** The length changes with the text, and whoever hands the answer on relies on it. */
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
