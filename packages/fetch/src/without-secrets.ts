import { quotedSecrets, standsFor, type QuotedSecrets } from '@sigv4/signer';

import { withFields } from './response-fields.ts';

/**
 * Gives an answer that bears no secrets of the request: in place of a rejection in which AWS quotes
 * the session token, or may do so further down, and of an answer whose URL has the signature in its
 * query. All others are given back as they are.
 */
export async function withoutSecrets(answer: Response): Promise<Response> {
  const url = withoutSignature(answer.url);
  const body = isUnread(answer.body) ? answer.body : null;
  const quoted = body && quotedSecrets(answer);
  // What a browser hides cannot be made anew, and shows nothing.
  if ((quoted === undefined && url === answer.url) || answer.status === 0) return answer;
  const { status, statusText, redirected, type } = answer;
  const bytes = quoted?.isWhole ? await redactedBytes(answer, quoted) : undefined;
  const headers = quoted === undefined ? answer.headers : headersFor(bytes, answer.headers);
  const stream = bytes ?? (body && quoted ? quoted.redaction.stream(body) : answer.body);
  const safe = new Response(stream, { status, statusText, headers });
  withFields(safe, { url, redirected, type });
  standsFor(safe, answer);
  return safe;
}

/** Whether there is a body of this kind, and nobody has begun to read it. */
function isUnread(body: Response['body']): boolean {
  return typeof body?.getReader === 'function' && !body.locked;
}

async function redactedBytes(
  answer: Response,
  { redaction }: QuotedSecrets,
): Promise<Uint8Array<ArrayBuffer>> {
  return redaction.whole(new Uint8Array(await answer.arrayBuffer()));
}

/**
 * Whoever hands the answer on hands on its length.
 *
 * @param bytes `undefined` if nobody knows how many will come
 */
function headersFor(bytes: Uint8Array | undefined, given: Headers): Headers {
  const headers = new Headers(given);
  headers.delete('content-encoding');
  if (bytes === undefined) headers.delete('content-length');
  else if (headers.has('content-length')) headers.set('content-length', String(bytes.byteLength));
  return headers;
}

function withoutSignature(url: string): string {
  return url.replaceAll(/(?<=[?&]X-Amz-(?:Signature|Security-Token)=)[^&#]*/g, 'redacted');
}
