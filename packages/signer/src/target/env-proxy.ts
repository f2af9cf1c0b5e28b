type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether Node itself sends a request through a proxy that the environment names. Node does that
 * for fetch, and for the default agents of node:http and node:https, if it was told to.
 *
 * @param execArgv options of this process, as in `process.execArgv`
 * @see https://nodejs.org/api/http.html#built-in-proxy-support
 */
export function mayBeProxied(url: URL, env: Environment, execArgv: readonly string[]): boolean {
  return heedsEnvironment(env, execArgv) && isProxied(url, env);
}

/** An option goes before the variable, and the last of several options counts. */
function heedsEnvironment(env: Environment, execArgv: readonly string[]): boolean {
  const options = [...(env['NODE_OPTIONS'] ?? '').split(/\s+/), ...execArgv];
  const last = options.findLast((option) => /^--(?:no-)?use-env-proxy$/.test(option));
  return last === undefined ? env['NODE_USE_ENV_PROXY'] === '1' : last === '--use-env-proxy';
}

/**
 * Whether whoever heeds the environment sends a request to that URL through a proxy: a proxy is
 * named, and NO_PROXY does not except the host. NO_PROXY holds hosts with or without a port,
 * separated by commas or spaces; each stands for its subdomains too. Anything else in it, such as
 * a range of addresses, excepts nothing, as for Node's fetch.
 */
export function isProxied({ protocol, hostname, port }: URL, env: Environment): boolean {
  // https: goes through the proxy for http: if it has none of its own.
  const proxy = (protocol === 'https:' && named(env, 'https_proxy')) || named(env, 'http_proxy');
  if (!proxy) return false;
  const excepted = named(env, 'no_proxy') ?? '';
  if (excepted === '*') return false;
  const usedPort = port || (protocol === 'https:' ? '443' : '80');
  return !excepted.split(/[,\s]/).some((entry) => {
    const [, host = '', ofPort] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    const suffix = host.replace(/^\*?\./, '');
    if (suffix === '' || (ofPort !== undefined && ofPort !== usedPort)) return false;
    return hostname === suffix || hostname.endsWith(`.${suffix}`);
  });
}

/** The name in lower case goes before the one in upper case, also if it is empty. */
function named(env: Environment, name: string): string | undefined {
  return env[name] ?? env[name.toUpperCase()];
}
