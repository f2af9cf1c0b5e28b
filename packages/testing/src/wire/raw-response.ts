/** An HTTP answer as it goes over the wire. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array | string;
}

/** The first half of a body, of which at least something is missing. */
export function half(body: Uint8Array | string): Uint8Array {
  const bytes = Buffer.from(body as Uint8Array);
  return bytes.subarray(0, Math.floor(bytes.length / 2));
}
