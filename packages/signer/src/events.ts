import type { Rejection } from './rejection/rejection.ts';
import type { Shortened } from './signature/query-signature.ts';

/** What a signer tells `onEvent`. Nothing in it is secret; `host` is that of the URL. */
export type SigV4Event =
  /**
   * A request is sent as it is, because it is not one of those to be signed, or its URL bears a
   * signature already.
   */
  | { readonly type: 'passed'; readonly host: string; readonly reason: string }
  /** AWS said no. The caller gets the answer, unless it is followed by `retried`. */
  | { readonly type: 'rejected'; readonly host: string; readonly rejection: Rejection }
  | Shortened
  /** The request was signed again and is sent once more. */
  | {
      readonly type: 'retried';
      readonly host: string;
      readonly because: 'clock-skew' | 'credentials';
      /** What is now added to this machine's clock, in ms. */
      readonly clockOffset: number;
    };
