const PIECE = 262_144;

/**
 * Makes a stream of views into the bytes, which Node's fetch sends without a copy; of bytes or a
 * Blob it makes several copies. The stream cannot tell its length, so the header does.
 */
export function largeBody(bytes: Uint8Array, headers: Record<string, string>): RequestInit {
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.byteLength) controller.close();
      else controller.enqueue(bytes.subarray(at, (at += PIECE)));
    },
  });
  return {
    body,
    duplex: 'half',
    headers: new Headers({ ...headers, 'content-length': String(bytes.byteLength) }),
  } as RequestInit;
}
