import { SigV4Error } from '@sigv4/signer/client';
import type { InternalAxiosRequestConfig } from 'axios';

type Config = InternalAxiosRequestConfig;

/**
 * A request over http: may be signed without being encrypted only if it stays on this machine. A
 * proxy takes it elsewhere, whatever the host name says.
 *
 * @param adapter the name of the one that sends; a `custom` one knows what it does
 * @throws {SigV4Error} ERR_SIGV4_INSECURE if a proxy is known to apply
 */
export function refuseProxy(url: string, adapter: string, config: Config): void {
  if (!/^http:/i.test(url)) return;
  const proxied = adapter === 'http' ? proxyOfHttp(url, config) : proxyOfFetch(url, adapter);
  if (proxied === undefined) return;
  throw new SigV4Error(
    'ERR_SIGV4_INSECURE',
    `url: ${proxied} sends this http: request through a proxy, which would read the session token; use https:, exempt ${new URL(url).host} from the proxy, or set allowInsecureHttp: true`,
  );
}

/** axios' http adapter uses its own proxy, else that of the environment, else the agent's. */
function proxyOfHttp(url: string, config: Config): string | undefined {
  if (config.socketPath) return undefined;
  if (config.proxy) return 'the option `proxy`';
  const ofEnvironment = config.proxy === undefined ? proxyOfEnvironment(url) : undefined;
  const agent: unknown = config.httpAgent ?? nodesAgent();
  return ofEnvironment ?? (hasProxy(agent, url) ? 'the http agent' : undefined);
}

/** Node's fetch heeds the environment where Node's own agents do. A dispatcher does not tell. */
function proxyOfFetch(url: string, adapter: string): string | undefined {
  return adapter === 'fetch' && hasProxy(nodesAgent(), url) ? "Node's environment" : undefined;
}

function nodesAgent(): unknown {
  return globalThis.process?.getBuiltinModule?.('node:http').globalAgent;
}

/** @see https://nodejs.org/api/http.html#new-agentoptions `proxyEnv` */
function hasProxy(agent: unknown, url: string): boolean {
  const { options } = (agent ?? {}) as { options?: { proxyEnv?: Environment } };
  return options?.proxyEnv !== undefined && proxyIn(options.proxyEnv, url) !== undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

function proxyOfEnvironment(url: string): string | undefined {
  return proxyIn(globalThis.process?.env ?? {}, url);
}

const NAMES = ['npm_config_http_proxy', 'http_proxy', 'npm_config_proxy', 'all_proxy'];

/** @returns the variable that names the proxy, if NO_PROXY does not exempt the URL */
function proxyIn(environment: Environment, url: string): string | undefined {
  const valueOf = (name: string): string | undefined =>
    environment[name] || environment[name.toUpperCase()];
  const name = NAMES.find(valueOf);
  // Most machines have no proxy, and Node reads each variable from the system anew.
  if (name === undefined) return undefined;
  const { hostname, port } = new URL(url);
  const exempt = `${valueOf('no_proxy') ?? ''},${valueOf('npm_config_no_proxy') ?? ''}`;
  const isExempt = exempt
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => exempts(entry, hostname.toLowerCase(), port || '80'));
  return isExempt ? undefined : name.toUpperCase();
}

/** `host`, `.domain`, `*.domain`, each with a port if it is for that only; or `*`. */
function exempts(entry: string, hostname: string, port: string): boolean {
  const [, host = '', only] = /^(.+?)(?::(\d+))?$/.exec(entry) ?? [];
  if (only !== undefined && only !== port) return false;
  if (!/^[.*]/.test(host)) return host === hostname;
  return hostname.endsWith(host.replace(/^\*/, ''));
}
