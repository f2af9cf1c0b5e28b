import { hash } from '#hash';

import type { Credentials } from './credentials.ts';
import type { SignatureEngine } from './engine.ts';
import type { Awaitable } from './hash.ts';
import type { PreparedRequest } from './prepared-request.ts';
import type { Target } from './target.ts';
import type { Timestamp } from './timestamp.ts';

/** All that goes into one attempt. */
export interface SigningContext {
  readonly prepared: PreparedRequest;
  readonly target: Target;
  readonly credentials: Credentials;
  readonly date: Timestamp;
  readonly engine: SignatureEngine;
  /** Default: where the service needs it. */
  readonly contentSha256Header: boolean | undefined;
}

/** SHA-256 of nothing: what most requests have as body. */
export const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** `YYYYMMDD/eu-west-1/execute-api/aws4_request`; where the region is sent as a set, without it. */
export function scopeOf({ date, target, engine }: SigningContext): string {
  if (engine.hasRegionSet) return `${date.day}/${target.service}/aws4_request`;
  refuseRegionSet(target.region);
  return `${date.day}/${target.region}/${target.service}/aws4_request`;
}

/** @throws {TypeError} if it is no single region */
export function refuseRegionSet(region: string): void {
  if (!/[*,]/.test(region)) return;
  throw new TypeError(`region: '${region}' is a region set, which takes algorithm: 'sigv4a'`);
}

export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

export function payloadHash({
  body,
  unsignedPayload,
  payloadHash: given,
}: PreparedRequest): Awaitable<string> {
  if (given !== undefined) return given;
  if (unsignedPayload) return UNSIGNED_PAYLOAD;
  return body === undefined ? EMPTY_HASH : hash.sha256Hex(body);
}
