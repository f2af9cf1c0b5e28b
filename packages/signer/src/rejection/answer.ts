/** What the send loop reads of an answer. Every `Response` is one. */
export interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** A copy whose body can be read while that of the original stays unread. Asked of refusals only. */
  clone(): { text(): Promise<string>; readonly body?: ReadableStream<Uint8Array> | null };
  /** Cancelled when an answer is not handed on, so that its connection is free again. */
  readonly body?: { cancel(): Promise<void> } | null;
}
