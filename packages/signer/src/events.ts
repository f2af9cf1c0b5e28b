import type { Rejection } from './rejection/rejection.ts';

/** What a signer tells `onEvent`. Nothing in it is secret; `host` is that of the URL. */
export type SigV4Event =
  /** A request is sent unsigned, because it is not one of those to be signed. */
  | { readonly type: 'passed'; readonly host: string; readonly reason: string }
  /** AWS said no. The caller gets the answer, unless it is followed by `retried`. */
  | { readonly type: 'rejected'; readonly host: string; readonly rejection: Rejection }
  /** The request was signed again and is sent once more. */
  | {
      readonly type: 'retried';
      readonly host: string;
      readonly because: 'clock-skew' | 'credentials';
      /** What is now added to this machine's clock, in ms. */
      readonly clockOffset: number;
    };
