import { SigV4Error } from './errors.ts';
import type { SignableRequest, SignedRequest } from './request.ts';
import type { Answer } from './answer.ts';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The request that a redirect asks for; `undefined` if the answer is no redirect. To be signed anew.
 *
 * 307 and 308 keep method and body; 303, and 301 and 302 to a POST, become a GET without body
 * (RFC 9110 15.4, and as every client does).
 *
 * @throws {SigV4Error} ERR_SIGV4_REDIRECT if it leads to another origin, which must never get a
 *   signature or token, or nowhere
 */
export function redirectedRequest(
  request: SignableRequest,
  sent: SignedRequest,
  answer: Answer,
): SignableRequest | undefined {
  if (!REDIRECTS.has(answer.status)) return undefined;
  const location = answer.headers.get('location');
  if (location === null) return undefined;
  const from = new URL(sent.url);
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (to?.origin !== from.origin) {
    throw new SigV4Error(
      'ERR_SIGV4_REDIRECT',
      `redirect: ${from.host} answered ${answer.status} with a location ${to ? `at ${to.host}` : 'that is no URL'}; a signed request is not sent to another origin. Call the new address itself, or switch off following redirects to get this answer`,
    );
  }
  const { method } = sent;
  const toGet =
    (answer.status === 303 && method !== 'HEAD') ||
    ((answer.status === 301 || answer.status === 302) && method === 'POST');
  if (!toGet || method === 'GET') return { ...request, url: to };
  return { method: 'GET', url: to, headers: withoutContent(sent.headers) };
}

/** Without the headers that described the body. */
function withoutContent(headers: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(headers).filter(([name]) => !name.startsWith('content-'));
}
