/** https://www.w3.org/TR/referrer-policy/#referrer-policies */
const POLICIES: ReadonlySet<string> = new Set([
  'no-referrer',
  'no-referrer-when-downgrade',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
]);

/**
 * What a redirect makes of the referrer, as in fetch: its answer's Referrer-Policy holds for the
 * next request, which starts from what the last one told, and so never tells more than that.
 *
 * @param init of the request that was redirected
 * @param url of the next request; it has the origin of the last one
 */
export function afterRedirect(init: RequestInit, answer: Response, url: string): RequestInit {
  const { referrer, referrerPolicy = '' } = init;
  const named = answer.headers.get('referrer-policy')?.split(',') ?? [];
  const policy = named.map((name) => name.trim()).findLast((name) => POLICIES.has(name));
  if (policy === undefined || !referrer || referrer === 'about:client') return init;
  const told = toldOf(new URL(referrer), referrerPolicy, new URL(url));
  return { ...init, referrer: told, referrerPolicy: policy as ReferrerPolicy };
}

const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/;

/** The referrer that a request tells: the whole URL, its origin, or nothing. */
function toldOf(referrer: URL, policy: ReferrerPolicy, url: URL): string {
  const isSame = referrer.origin === url.origin;
  const isSecure = url.protocol === 'https:' || LOOPBACK.test(url.hostname);
  const isDowngrade = referrer.protocol === 'https:' && !isSecure;
  const origin = `${referrer.origin}/`;
  switch (policy) {
    case 'unsafe-url':
      return referrer.href;
    case 'no-referrer-when-downgrade':
      return isDowngrade ? '' : referrer.href;
    // Node's fetch takes each origin for another one here.
    case 'no-referrer':
    case 'same-origin':
      return '';
    case 'origin-when-cross-origin':
    case 'origin':
      return origin;
    case 'strict-origin':
      return isDowngrade ? '' : origin;
    default:
      if (isSame) return referrer.href;
      return isDowngrade ? '' : origin;
  }
}
