import { Readable } from 'node:stream';

import type { SignerOptions } from '@sigv4/signer';
import * as client from '@sigv4/signer/client';
import { request, type Dispatcher } from 'undici';

type Body = Uint8Array | string | Readable;
type Call = { method?: string; headers?: client.GivenHeaders; body?: Body; signal?: AbortSignal };

/** Makes undici's `request` sign: the function takes a URL and a call, and gives a Response. */
export function signedRequest(options: SignerOptions) {
  const signer = client.createSigner(options);
  return async (url: string, call: Call = {}): Promise<Response> => {
    // Copy the call before the first `await`: its caller may change it from then on.
    const { method = 'GET', signal } = call;
    const headers = client.headerRecord(call.headers);
    const body = call.body instanceof Uint8Array ? call.body.slice() : call.body;
    const read = async () => (await client.readContent(body, 1_000_000, { signal })).bytes;
    const captured = new client.CapturedRequest(method, url, headers, body && read);
    const put = async (to: string, sent: object) =>
      responseOf(await request(to, { ...sent, signal: signal ?? null }));
    const answer = await signer.send(captured, (signed) => put(signed.url, signed), {
      signal,
      pass: () => put(url, { method, headers, body }),
    });
    const quoted = client.quotedSecrets(answer);
    if (quoted === undefined || answer.body === null) return answer;
    // In this body AWS quotes the session token, or may do so further down.
    const safe = new Response(quoted.redaction.stream(answer.body), answer);
    safe.headers.delete('content-length');
    client.standsFor(safe, answer);
    return safe;
  };
}

function responseOf({ statusCode: status, headers, body }: Dispatcher.ResponseData): Response {
  const hasBody = ![204, 205, 304].includes(status);
  const content = hasBody ? (Readable.toWeb(body) as ReadableStream) : null;
  const pairs = Object.entries(headers).flatMap(([name, values = []]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );
  return new Response(content, { status, headers: pairs });
}
