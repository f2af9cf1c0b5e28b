import { SigV4Error } from '@sigv4/signer/client';

import { environment, isNode } from '../runtime.ts';
import { fetchPost, type Post } from './fetch-post.ts';
import { httpsPost } from './https-post.ts';
import type { StsOptions } from './sts-options.ts';

const fetchAtStart = globalThis.fetch;

/**
 * Chooses how STS is called. If a `fetch` was passed, or replaced the global one since
 * this package was loaded (as mocks do), it is used. Otherwise `node:https` is used on Node, where
 * loading its own fetch takes longer than all the rest of a first call, and the global `fetch`
 * elsewhere.
 *
 * @throws {SigV4Error} ERR_SIGV4_INSECURE if a fetch may send http: through a proxy
 */
export function choosePost(
  url: string,
  { fetch: passed, allowInsecureHttp = false }: StsOptions,
): Post {
  const replaced = globalThis.fetch === fetchAtStart ? undefined : globalThis.fetch;
  const fetch = passed ?? replaced ?? (isNode() ? undefined : fetchAtStart);
  // It connects to this machine directly, so http: is safe there.
  if (fetch === undefined) return httpsPost;
  const { protocol, host, hostname } = new URL(url);
  if (protocol === 'http:' && !allowInsecureHttp && hasProxy(host, hostname)) {
    throw new SigV4Error(
      'ERR_SIGV4_INSECURE',
      `endpoint: http: to ${host} may go through the proxy that the environment names, which would see the token; add ${hostname} to NO_PROXY, use https:, or set allowInsecureHttp: true`,
    );
  }
  return fetchPost(fetch);
}

/** Whether the environment names a proxy for http: to that host. Nobody can see whether a fetch heeds it. */
function hasProxy(host: string, hostname: string): boolean {
  const proxy = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'].some(
    (name) => environment(name) !== undefined,
  );
  const direct = (environment('no_proxy') ?? environment('NO_PROXY') ?? '').split(/[\s,]+/);
  return proxy && !['*', host, hostname].some((each) => direct.includes(each));
}
