import type { Credentials } from '../credentials/credentials.ts';
import type { Awaitable } from '../platform/hash.ts';
import type { QueryPair } from '../request/url.ts';
import type { Target } from '../target/target.ts';
import type { ServiceRules } from '../target/service-rules.ts';
import type { Timestamp } from './timestamp.ts';

/** What a signature is made of. */
export interface SignatureInput {
  readonly method: string;
  /** As it is sent: percent-encoded. */
  readonly path: string;
  /**
   * As it is sent, encoded, in its order; with a signature's own parameters but for the signature.
   * A name without `=` has no value, and is signed as an empty one.
   */
  readonly query: readonly QueryPair[];
  /** The signed ones: names in lower case, sorted; values as they are sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Their names, joined by `;`. */
  readonly signedHeaders: string;
  /** Hexadecimal, or one of AWS's words for an unsigned payload. */
  readonly payloadHash: string;
  /** All of the above, as our own engines sign it. An engine can also make its own of the parts. */
  readonly canonicalRequest: string;
  readonly rules: Pick<ServiceRules, 'normalizesPath' | 'encodesPathTwice'>;
  readonly credentials: Credentials;
  readonly target: Target;
  /** `YYYYMMDD/eu-west-1/execute-api/aws4_request`; SigV4a leaves out the region. */
  readonly scope: string;
  readonly date: Timestamp;
}

/** A signature, and how it came about. */
export interface Signature {
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  /** Hexadecimal. */
  readonly signature: string;
}

/** Makes signatures: our own by default, or AWS's code by `smithyEngine()`. */
export interface SignatureEngine {
  /** What the string to sign begins with. */
  readonly algorithm: string;
  /** Whether the region is sent and signed as a region set, instead of being in the scope. */
  readonly hasRegionSet?: boolean;
  /** Makes one signature. */
  sign(input: SignatureInput): Awaitable<Signature>;
}
