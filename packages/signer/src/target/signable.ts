import { SigV4Error } from '../errors.ts';
import { isLoopback } from './loopback.ts';

const WEBSITE = /\.s3-website[.-][a-z0-9-]+\.amazonaws\.com(?:\.cn)?\.?$/;

/**
 * @throws {SigV4Error} ERR_SIGV4_URL at a website endpoint of S3, ERR_SIGV4_INSECURE at http: or
 *   ws: to another machine
 */
export function refuseUnsignable({ hostname, protocol, host }: URL, allowInsecure: boolean): void {
  if (WEBSITE.test(hostname)) {
    throw new SigV4Error(
      'ERR_SIGV4_URL',
      `url: ${hostname} is a website endpoint of S3, which takes no signatures; use the bucket's REST endpoint, https://{bucket}.s3.{region}.amazonaws.com`,
    );
  }
  const isSecure = protocol === 'https:' || protocol === 'wss:';
  if (isSecure || allowInsecure || isLoopback(hostname)) return;
  throw new SigV4Error(
    'ERR_SIGV4_INSECURE',
    `url: ${protocol} to ${host} would show the session token and the content to everyone on the way; use https: or wss:, or set allowInsecureHttp: true`,
  );
}

/**
 * Where the path is signed as it is, dot segments cannot be: every HTTP client resolves them, and
 * another object would be asked for.
 *
 * @param url as the caller gave it
 * @throws {SigV4Error} ERR_SIGV4_URL
 */
export function refuseDotSegments(url: string): void {
  // As the URL parser reads it: https://url.spec.whatwg.org/#concept-basic-url-parser
  let end = url.length;
  while (end > 0 && url.charCodeAt(end - 1) <= 0x20) end -= 1;
  const path = url
    .slice(0, end)
    // oxlint-disable-next-line no-control-regex -- the parser drops these too
    .replace(/^[\0- ]+|[\t\n\r]/g, '')
    .replace(/^[a-z]+:[/\\]*[^/\\?#]*|[?#][^]*/gi, '');
  if (!/[/\\](?:\.|%2e){1,2}(?:[/\\]|$)/i.test(path)) return;
  throw new SigV4Error(
    'ERR_SIGV4_URL',
    'url: its path has a "." or ".." segment, which no HTTP client sends as it is; name the object otherwise',
  );
}
