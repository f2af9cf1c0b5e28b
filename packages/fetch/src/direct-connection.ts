import { isProxied, SigV4Error } from '@sigv4/signer/client';

/** Where undici, Node's own included, keeps the dispatcher of those calls that name none. */
const GLOBAL_DISPATCHERS = ['undici.globalDispatcher.2', 'undici.globalDispatcher.1'];

/**
 * http: to this machine is safe over a direct connection only: through a proxy, the session token
 * would leave the machine in the clear. A dispatcher does not tell what it does, so we go by its
 * class: undici's proxies, and what extends them, are called `ProxyAgent` or end in that.
 *
 * @param init of the call
 * @throws {SigV4Error} ERR_SIGV4_INSECURE
 */
export function refuseProxied(url: string, init: object): void {
  const { dispatcher } = init as { dispatcher?: object };
  const name = proxyClassOf(dispatcher ?? globalDispatcher());
  if (name === undefined) return;
  const isExcepted = name === 'EnvHttpProxyAgent' && !isProxied(new URL(url), process.env);
  if (isExcepted) return;
  throw new SigV4Error(
    'ERR_SIGV4_INSECURE',
    `url: http: to ${new URL(url).host} through a ${name} may leave this machine, and would show the session token and the content to everyone on the way; use https:, or a dispatcher that connects directly, or set allowInsecureHttp: true`,
  );
}

function globalDispatcher(): object | undefined {
  const known = globalThis as unknown as Record<symbol, object | undefined>;
  return GLOBAL_DISPATCHERS.map((name) => known[Symbol.for(name)]).find((found) => found);
}

/** The name of the proxy's class; `undefined` if the dispatcher is no proxy that we know. */
function proxyClassOf(dispatcher: object | undefined): string | undefined {
  for (let at: unknown = dispatcher; at; at = Object.getPrototypeOf(at)) {
    const { name } = (at as { constructor?: { name?: string } }).constructor ?? {};
    if (name?.endsWith('ProxyAgent')) return name;
  }
  return undefined;
}
