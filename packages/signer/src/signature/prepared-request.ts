import type { HeaderRecord } from '../request/headers.ts';
import type { CanonicalUrl } from '../request/url.ts';
import type { Placement } from '../target/placement.ts';

/** A request in canonical form, ready to be signed, and signed again. */
export interface PreparedRequest {
  /** In upper case. */
  readonly method: string;
  readonly url: CanonicalUrl;
  /** The URL's host, with the port unless it is the scheme's default. */
  readonly host: string;
  /** Names in lower case; a signature adds its own. */
  readonly headers: HeaderRecord;
  readonly body: Uint8Array | string | undefined;
  /** Header names in lower case, beside those that are always signed. */
  readonly signHeaders: ReadonlySet<string>;
  /** Hexadecimal, or one of AWS's words for an unsigned payload. */
  readonly payloadHash: string;
  /** Whether `x-amz-content-sha256` is sent. */
  readonly sendsPayloadHash: boolean;
  readonly placement: Placement;
}
