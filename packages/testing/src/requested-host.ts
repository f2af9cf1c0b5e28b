import { headerValues, type RawRequest } from './raw-request.ts';

/** The host that was asked, in lower case and without the port. */
export function requestedHost(request: RawRequest): string {
  const [host = ''] = headerValues(request, 'host');
  return host.toLowerCase().replace(/:\d+$/, '');
}
