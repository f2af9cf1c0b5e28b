import { quotedSecrets, standsFor } from '@sigv4/signer/client';

import { withFields } from './response-fields.ts';

/**
 * Gives an answer that bears no secrets of the request: in place of a rejection in which AWS quotes
 * the session token, or may do so further down, and of an answer whose URL has the signature in its
 * query. All others are given back as they are.
 */
export async function withoutSecrets(answer: Response): Promise<Response> {
  const url = withoutSignature(answer.url);
  const body = await redactedBody(answer);
  // What a browser hides cannot be made anew, and shows nothing.
  if ((body === undefined && url === answer.url) || answer.status === 0) return answer;
  const { status, statusText, redirected, type } = answer;
  const headers = body === undefined ? answer.headers : headersFor(body, answer.headers);
  const safe = new Response((body ?? answer.body) as BodyInit | null, {
    status,
    statusText,
    headers,
  });
  withFields(safe, { url, redirected, type });
  standsFor(safe, answer);
  return safe;
}

/** Bytes if all of them have come, else a stream; `undefined` if there is nothing to hide. */
async function redactedBody(
  answer: Response,
): Promise<Uint8Array | ReadableStream<Uint8Array> | undefined> {
  const quoted = quotedSecrets(answer);
  if (quoted === undefined || answer.bodyUsed) return undefined;
  const { redaction, isWhole } = quoted;
  if (isWhole) return redaction.whole(new Uint8Array(await answer.arrayBuffer()));
  // HEAD has no body; some implementations of fetch give a stream of Node.
  const isReadable = typeof answer.body?.getReader === 'function' && !answer.body.locked;
  return isReadable && answer.body ? redaction.stream(answer.body) : undefined;
}

/** Whoever hands the answer on hands on its length. */
function headersFor(body: Uint8Array | ReadableStream, given: Headers): Headers {
  const headers = new Headers(given);
  headers.delete('content-encoding');
  if (body instanceof ReadableStream) headers.delete('content-length');
  else if (headers.has('content-length')) headers.set('content-length', String(body.byteLength));
  return headers;
}

function withoutSignature(url: string): string {
  return url.replaceAll(/(?<=[?&]X-Amz-(?:Signature|Security-Token)=)[^&#]*/g, 'redacted');
}
