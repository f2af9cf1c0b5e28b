import { show } from './request.ts';

/** Whether a host is one of those to be signed. */
export type HostFilter = (url: URL) => boolean;

/**
 * @param hosts host names, `host:port`, or expressions that are searched for in `host:port`
 * @throws {TypeError} if one is neither
 */
export function hostFilter(hosts: unknown): HostFilter | undefined {
  if (hosts === undefined) return undefined;
  if (!Array.isArray(hosts)) {
    throw new TypeError(
      `hosts: expected an array of host names and regular expressions, got ${show(hosts)}`,
    );
  }
  const filters = hosts.map(filterOf);
  return (url) => filters.some((filter) => filter(url));
}

function filterOf(host: unknown): HostFilter {
  if (host instanceof RegExp) return (url) => url.host.search(host) !== -1;
  if (typeof host === 'string' && !/[/@?#\s\\]/.test(host)) {
    // IPv6 addresses are taken without their brackets too; the parser brings names into one form.
    const text = /^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(host) ? `[${host}]` : host;
    if (text !== '' && URL.canParse(`https://${text}`)) return exactly(text);
  }
  throw new TypeError(
    `hosts: expected a host name such as 'api.example.com' (no scheme, no path) or a RegExp, got ${show(host)}`,
  );
}

function exactly(host: string): HostFilter {
  const { hostname } = new URL(`https://${host}`);
  const port = /:(\d+)$/.exec(host)?.[1];
  return (url) => url.hostname === hostname && (port === undefined || port === portOf(url));
}

function portOf({ port, protocol }: URL): string {
  if (port !== '') return port;
  return protocol === 'http:' ? '80' : '443';
}
