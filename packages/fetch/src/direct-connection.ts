import { SigV4Error } from '@sigv4/signer';
import { isProxied } from '@sigv4/signer/client';

/** Dispatchers of undici that connect to the host itself, or to nothing at all. */
const DIRECT: ReadonlySet<string> = new Set(
  'Agent BalancedPool Client H2CClient MockAgent MockClient MockPool Pool RoundRobinPool'.split(
    ' ',
  ),
);

interface Dispatcher {
  readonly constructor?: { readonly name: string };
}

/** Where undici, Node's own included, keeps the dispatcher of those calls that name none. */
const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');

/**
 * http: to this machine is safe over a direct connection only: through a proxy, the session token
 * would leave the machine in the clear. A dispatcher does not tell what it does, so that only
 * those that are known by name to connect directly are let through.
 *
 * @param init of the call
 * @throws {SigV4Error} ERR_SIGV4_INSECURE
 */
export function refuseProxied(url: string, init: object): void {
  const { dispatcher } = init as { dispatcher?: Dispatcher };
  const used =
    dispatcher ?? (globalThis as { [GLOBAL_DISPATCHER]?: Dispatcher })[GLOBAL_DISPATCHER];
  if (!used) return;
  const name = used.constructor?.name ?? 'Object';
  const isDirect =
    DIRECT.has(name) ||
    (name === 'EnvHttpProxyAgent' && !isProxied(new URL(url), globalThis.process.env));
  if (isDirect) return;
  throw new SigV4Error(
    'ERR_SIGV4_INSECURE',
    `url: http: to ${new URL(url).host} through a dispatcher of the class ${name} may leave this machine, and would show the session token and the content to everyone on the way; use https:, or a dispatcher that connects directly, or set allowInsecureHttp: true`,
  );
}
