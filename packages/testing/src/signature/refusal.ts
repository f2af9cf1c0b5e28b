/** Why a signature is refused, with AWS's error type and message. */
export interface Refusal {
  readonly reason:
    | 'missing'
    | 'incomplete'
    | 'expired'
    | 'not-yet-current'
    | 'unsigned-header'
    | 'wrong-scope'
    | 'unknown-key'
    | 'mismatch'
    | 'wrong-token'
    | 'expired-token'
    /** The policy of an upload by form does not allow it. */
    | 'policy';
  readonly type: string;
  readonly message: string;
}

export type Refused = { readonly ok: false } & Refusal;

export function refuse(reason: Refusal['reason'], type: string, message: string): Refused {
  return { ok: false, reason, type, message };
}
