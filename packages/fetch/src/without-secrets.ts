import { redactedText, standsFor } from '@sigv4/signer';

/**
 * In place of an answer that bears secrets of the request, one that does not: a refusal in which
 * AWS quotes the session token, or an answer whose URL has the signature in its query.
 */
export function withoutSecrets(answer: Response): Response {
  const text = redactedText(answer);
  const url = withoutSignature(answer.url);
  // What a browser hides cannot be made anew, and shows nothing.
  if ((text === undefined && url === answer.url) || answer.status === 0) return answer;
  const { status, statusText, headers } = answer;
  const safe = new Response(text ?? answer.body, { status, statusText, headers });
  Object.defineProperty(safe, 'url', { value: url, configurable: true });
  standsFor(safe, answer);
  if (text !== undefined) answer.body?.cancel().catch(() => {});
  return safe;
}

function withoutSignature(url: string): string {
  return url.replaceAll(/(?<=[?&]X-Amz-(?:Signature|Security-Token)=)[^&#]*/g, 'redacted');
}
