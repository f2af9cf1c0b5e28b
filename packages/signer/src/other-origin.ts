/**
 * Why a request of a client with a base URL is not signed: an absolute URL that leads elsewhere
 * would take the session token with it.
 *
 * @returns in words; `undefined` if both are of one origin, or one of them is not absolute
 */
export function reasonOfOtherOrigin(url: string, base: string): string | undefined {
  const start = base.endsWith('/') ? base : `${base}/`;
  if (url.startsWith(start) && /^https?:\/\/[^/?#@\\]+\//.test(start)) return undefined;
  if (!URL.canParse(url) || !URL.canParse(base)) return undefined;
  return new URL(url).origin === new URL(base).origin
    ? undefined
    : 'its origin is not that of the base URL; name it in `hosts`, or give the call `sigv4` options, to have it signed';
}
