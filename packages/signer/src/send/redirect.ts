import type { Answer } from '../rejection/answer.ts';
import { SigV4Error } from '../errors.ts';
import { emptyRecord } from '../empty-record.ts';
import type { HeaderRecord } from '../request/headers.ts';
import type { CapturedRequest } from '../request/request.ts';
import { parseUrl, urlOrNone } from '../request/url.ts';
import type { PreparedRequest } from '../signature/prepared-request.ts';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The request that a redirect asks for, which has to be signed anew; `undefined` if the answer is
 * no redirect.
 *
 * 307 and 308 keep method and body; 303, and 301 and 302 to a POST, become a GET without body
 * (RFC 9110 15.4, and as every client does).
 *
 * @throws {SigV4Error} ERR_SIGV4_REDIRECT if it leads nowhere, or to another origin than the one
 *   that was signed for, which must never get a signature or token; ERR_SIGV4_URL if it holds a user
 *   name or a password
 */
export function redirectedRequest(
  { method, url, host, headers, body }: PreparedRequest,
  answer: Answer,
): (CapturedRequest & { readonly body: Uint8Array | string | undefined }) | undefined {
  if (!REDIRECTS.has(answer.status)) return undefined;
  const given = answer.headers.get('location');
  if (given === null) return undefined;
  const location = decoded(given);
  // The whole URL: a path such as `//evil.example/` alone would name another host.
  const from = url.origin + url.path + url.search;
  const to = urlOrNone(location, from);
  // `origin` of a blob: URL is that of its creator, so compare what a request would go to.
  if (to === undefined || `${to.protocol}//${to.host}` !== url.origin) {
    // The caller never sees this answer, so free its connection.
    void answer.body?.cancel().catch(() => {});
    throw new SigV4Error(
      'ERR_SIGV4_REDIRECT',
      `redirect: ${host} answered ${answer.status} with a location ${to ? `at ${to.host || to.protocol}` : 'that is no URL'}; a signed request is not sent to another origin. Call the new address itself, or switch off following redirects to get this answer`,
    );
  }
  // A user name or a password would take the place of the signature.
  parseUrl(to);
  const toGet =
    (answer.status === 303 && method !== 'HEAD') ||
    ((answer.status === 301 || answer.status === 302) && method === 'POST');
  return {
    method: toGet ? 'GET' : method,
    url: to.href,
    headers: copyOf(headers, toGet),
    body: toGet ? undefined : body,
  };
}

/**
 * Clients give each byte of a header as one character. Where a server wrote a path unescaped, its
 * bytes are UTF-8, as fetch reads them.
 */
function decoded(header: string): string {
  const codes = Array.from(header, (character) => character.codePointAt(0) as number);
  const isRaw = codes.some((code) => code > 0x7f) && codes.every((code) => code <= 0xff);
  return isRaw ? new TextDecoder().decode(Uint8Array.from(codes)) : header;
}

/** @param withoutContent without the headers that described the body */
function copyOf(headers: HeaderRecord, withoutContent: boolean): HeaderRecord {
  const copy = emptyRecord();
  for (const name in headers) {
    if (!withoutContent || !name.startsWith('content-')) copy[name] = headers[name] as string;
  }
  return copy;
}
