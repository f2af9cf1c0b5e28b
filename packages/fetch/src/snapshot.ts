/** More bytes than these are not copied; no API of API Gateway takes as many. */
export const LARGE_BYTES = 16_777_216;

/**
 * A body as it is now: what its caller writes into a buffer or a form after the call must not be
 * sent. A stream, a Blob and a Request stay the same, and so do more than {@link LARGE_BYTES}.
 */
export function snapshotOf(body: BodyInit): BodyInit {
  if (typeof body === 'string' || body instanceof Blob) return body;
  if (ArrayBuffer.isView(body)) {
    return copyOf(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  }
  if (body instanceof ArrayBuffer) return copyOf(new Uint8Array(body));
  if (body instanceof URLSearchParams) return new URLSearchParams(body);
  if (!(body instanceof FormData)) return body;
  const copy = new FormData();
  for (const [name, value] of body) copy.append(name, value as Blob);
  return copy;
}

function copyOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.byteLength > LARGE_BYTES ? bytes : bytes.slice();
}
