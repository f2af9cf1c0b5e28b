import type { RequestOptions } from 'node:http';

import { isProxied, SigV4Error } from '@sigv4/signer/client';

/**
 * A request over http: may be signed without being encrypted only if it stays on this machine. A
 * proxy takes it elsewhere, whatever the host name says.
 *
 * @param sent what axios' http adapter asks Node to send; `undefined` for its fetch adapter
 * @throws {SigV4Error} ERR_SIGV4_INSECURE if a proxy is known to apply
 */
export function refuseProxy(url: string, sent: RequestOptions | undefined): void {
  if (!/^http:/i.test(url)) return;
  const proxied = sent !== undefined && isForProxy(sent) ? 'axios' : proxyingAgent(url, sent);
  if (proxied === undefined) return;
  throw new SigV4Error(
    'ERR_SIGV4_INSECURE',
    `url: ${proxied} sends this http: request through a proxy, which would read the session token; use https:, exempt ${new URL(url).host} from the proxy (\`proxy: false\`, NO_PROXY), or set allowInsecureHttp: true`,
  );
}

/** A proxy is asked for a whole URL (RFC 9112 3.2.2), a server for a path. */
function isForProxy({ path }: RequestOptions): boolean {
  return typeof path === 'string' && !path.startsWith('/');
}

/**
 * Node's own agents can heed the environment, and its fetch does where they do. A dispatcher does
 * not tell.
 *
 * @see https://nodejs.org/api/http.html#new-agentoptions `proxyEnv`
 */
function proxyingAgent(url: string, sent: RequestOptions | undefined): string | undefined {
  if (sent?.socketPath) return undefined;
  const agent: unknown =
    sent?.agent || globalThis.process?.getBuiltinModule?.('node:http').globalAgent;
  const { options } = (agent ?? {}) as { options?: { proxyEnv?: Record<string, string> } };
  if (options?.proxyEnv === undefined || !isProxied(new URL(url), options.proxyEnv))
    return undefined;
  return sent === undefined ? "Node's fetch" : 'the http agent';
}
