import { hash } from '#hash';

import type { Awaitable } from '../platform/hash.ts';
import type { HeaderRecord } from '../request/headers.ts';
import { EMPTY_HASH, UNSIGNED_PAYLOAD } from '../request/payload-hash.ts';
import type { CanonicalUrl } from '../request/url.ts';
import type { Placement } from '../target/placement.ts';

/** A request in canonical form, ready to be signed, and signed again. */
export interface PreparedRequest {
  /** In upper case. */
  readonly method: string;
  readonly url: CanonicalUrl;
  /** Of the URL, with the port unless it is the scheme's default. */
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

/** @param isUnsigned because the caller wants it so, or the service takes nothing else */
export function payloadHash(
  body: Uint8Array | string | undefined,
  isUnsigned: boolean,
): Awaitable<string> {
  if (isUnsigned) return UNSIGNED_PAYLOAD;
  return body === undefined ? EMPTY_HASH : hash.sha256Hex(body);
}
