/** Whether a host is one of those to be signed. */
export type HostFilter = (url: Pick<URL, 'host' | 'hostname' | 'port' | 'protocol'>) => boolean;

/** @param hosts host names, `host:port`, or expressions that are searched for in `host:port` */
export function hostFilter(hosts: readonly (string | RegExp)[]): HostFilter {
  const filters = hosts.map((host) => (isRegExp(host) ? found(host) : exactly(host)));
  return (url) => filters.some((filter) => filter(url));
}

/** Whether it can be among `hosts`. */
export function isHost(host: unknown): boolean {
  return (
    isRegExp(host) ||
    (typeof host === 'string' && /^[^/@?#\s\\]+$/.test(host) && URL.canParse(urlOf(host)))
  );
}

/** `instanceof` fails for expressions of another realm (an iframe, Jest). */
function isRegExp(host: unknown): host is RegExp {
  return Object.prototype.toString.call(host) === '[object RegExp]';
}

/** IPv6 addresses are taken without their brackets too. */
function urlOf(host: string): string {
  return `https://${/^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(host) ? `[${host}]` : host}`;
}

function found(pattern: RegExp): HostFilter {
  return ({ host }) => host.search(pattern) !== -1;
}

/** The parser brings names into one form, and leaves out the port that is the scheme's own. */
function exactly(host: string): HostFilter {
  const { hostname } = new URL(urlOf(host));
  const port = /[^:]:(\d+)$/.exec(urlOf(host))?.[1];
  return (url) =>
    url.hostname === hostname &&
    (port === undefined || port === (url.port || (url.protocol === 'http:' ? '80' : '443')));
}
