import { hash } from '#hash';

import type { Credentials } from './credentials.ts';
import type { SignatureEngine } from './engine.ts';
import type { Awaitable } from './hash.ts';
import { EMPTY_HASH, UNSIGNED_PAYLOAD } from './payload-hash.ts';
import type { Placement } from './placement.ts';
import type { PreparedRequest } from './prepared-request.ts';
import { refuse } from './refusal.ts';
import type { Timestamp } from './timestamp.ts';

/** All that goes into one attempt. */
export interface SigningContext extends Placement {
  readonly prepared: PreparedRequest;
  readonly credentials: Credentials;
  readonly date: Timestamp;
  readonly engine: SignatureEngine;
  /** Default: where the service needs it. */
  readonly contentSha256Header: boolean | undefined;
}

/** `YYYYMMDD/eu-west-1/execute-api/aws4_request`; where the region is sent as a set, without it. */
export function scopeOf({ date, target, engine }: SigningContext): string {
  if (engine.hasRegionSet) return `${date.day}/${target.service}/aws4_request`;
  refuseRegionSet(target.region);
  return `${date.day}/${target.region}/${target.service}/aws4_request`;
}

export function refuseRegionSet(region: string): void {
  if (isRegionSet(region)) refuse('region-set', region);
}

/** All regions, or several. */
export function isRegionSet(region: string): boolean {
  return region.includes('*') || region.includes(',');
}

/** By the caller's wish, or because the service takes nothing else. */
export function isUnsigned({ prepared, rules }: SigningContext): boolean {
  return prepared.unsignedPayload || rules.unsignedPayload;
}

export function payloadHash(context: SigningContext): Awaitable<string> {
  const { body, payloadHash: given } = context.prepared;
  if (given !== undefined) return given;
  if (isUnsigned(context)) return UNSIGNED_PAYLOAD;
  return body === undefined ? EMPTY_HASH : hash.sha256Hex(body);
}
