/**
 * Whether a host is this machine: RFC 6761 6.3, RFC 1122 3.2.1.3 (g), RFC 4291 2.5.3.
 *
 * @param hostname as the URL parser gives it
 */
export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
