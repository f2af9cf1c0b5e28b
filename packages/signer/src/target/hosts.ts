import { urlOrNone } from '../request/url.ts';

/** Whether a host is one of those to be signed. */
export type HostFilter = (url: Pick<URL, 'host' | 'hostname' | 'port' | 'protocol'>) => boolean;

/** @param hosts host names, `host:port`, or expressions that are searched for in `host:port` */
export function hostFilter(hosts: readonly (string | RegExp)[]): HostFilter {
  const filters = hosts.map((host) => (isRegExp(host) ? found(host) : exactly(host)));
  return (url) => filters.some((filter) => filter(url));
}

/**
 * Whether it can be among `hosts`. What no request's host could ever be is refused: `*.example.com`,
 * `.example.com`, `a.example,b.example`, or an expression with a slash, which is meant for a URL.
 */
export function isHost(host: unknown): boolean {
  if (isRegExp(host)) return !host.source.replace(/\[(\\.|[^\]\\])*\]/g, '').includes('/');
  if (typeof host !== 'string' || /[/@?#\s\\]|:$/.test(host.replace(/::$/, ''))) return false;
  const { hostname = '' } = urlOrNone(urlOf(host)) ?? {};
  return /^(\[.+\]|([\w-]+\.)*[\w-]+\.?)$/.test(hostname);
}

/** `instanceof` fails for expressions of another realm (an iframe, Jest). */
function isRegExp(host: unknown): host is RegExp {
  return Object.prototype.toString.call(host) === '[object RegExp]';
}

/** IPv6 addresses are taken without their brackets too. */
function urlOf(host: string, scheme = 'https'): string {
  return `${scheme}://${/^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(host) ? `[${host}]` : host}`;
}

/** The parser gives host names in lower case, and letters in them mean the same in either. */
function found(pattern: RegExp): HostFilter {
  const { flags } = pattern;
  const expression = flags.includes('i') ? pattern : new RegExp(pattern, `${flags}i`);
  return ({ host }) => host.search(expression) !== -1;
}

/** The parser brings names into one form, and leaves out the port that is the scheme's own. */
function exactly(host: string): HostFilter {
  const { hostname, port } = new URL(urlOf(host));
  const named = port || new URL(urlOf(host, 'http')).port;
  return (url) =>
    url.hostname === hostname &&
    (named === '' || named === (url.port || (url.protocol === 'http:' ? '80' : '443')));
}
