import { headerValues, type RawRequest } from './raw-request.ts';

/** A request, and how it came. */
export interface ArrivedRequest extends RawRequest, Origin {
  readonly sourceIp: string;
  /** Over TLS. */
  readonly secure: boolean;
}

/** Where a caller is, as AWS sees it: `aws:SourceIp` and `aws:SourceVpce` of policies. */
export interface Origin {
  /** Default: the address that the connection came from, so 127.0.0.1. */
  readonly sourceIp?: string;
  /** The VPC endpoint that it came through: `vpce-…`. Default: none. */
  readonly sourceVpce?: string;
}

/** The host that was asked, in lower case and without the port. */
export function requestedHost(request: RawRequest): string {
  const [host = ''] = headerValues(request, 'host');
  return host.toLowerCase().replace(/:\d+$/, '');
}
