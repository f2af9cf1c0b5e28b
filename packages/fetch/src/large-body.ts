const PIECE = 262_144;

/**
 * Bytes as what Node's fetch sends without a copy: of bytes, and of a Blob, it makes more than one.
 * A stream of views, with the length that it cannot know.
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
