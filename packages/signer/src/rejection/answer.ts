/** What the send loop reads of an answer. Every `Response` is one. */
export interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /**
   * A copy whose body can be read while that of the original stays unread: as a stream, or as its
   * whole text where there is none. Asked for only if the answer may be a rejection.
   */
  clone(): { text(): Promise<string>; readonly body?: ReadableStream<Uint8Array> | null };
  /** Cancelled when an answer is not handed on, so that its connection is free again. */
  readonly body?: { cancel(): Promise<void> } | null;
}

/**
 * The statuses that AWS refuses with; 301 is S3's, for a bucket that is in another region. Whether
 * it did, the answer's headers and text tell.
 */
export function mayBeRejection(status: number): boolean {
  return status === 301 || status === 400 || status === 401 || status === 403;
}
