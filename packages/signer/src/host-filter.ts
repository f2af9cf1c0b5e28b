/** Whether a host is one of those to be signed. */
export type HostFilter = (url: URL) => boolean;

/** @param hosts host names, `host:port`, or expressions that are searched for in `host:port` */
export function hostFilter(hosts: readonly (string | RegExp)[]): HostFilter {
  const filters = hosts.map((host) => (typeof host === 'string' ? exactly(host) : found(host)));
  return (url) => filters.some((filter) => filter(url));
}

/** Whether it can be among `hosts`. */
export function isHost(host: unknown): boolean {
  return (
    host instanceof RegExp ||
    (typeof host === 'string' && /^[^/@?#\s\\]+$/.test(host) && URL.canParse(urlOf(host)))
  );
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
