/**
 * A stream as bytes if it holds no more than `limit`; else as a stream again, of what was read
 * and what follows. A Request does not tell whether its body came from a stream, and bytes go out
 * with their length, can be sent again, and need no HTTP/2 in browsers.
 */
export async function bytesOrStream(
  stream: ReadableStream<Uint8Array>,
  limit: number,
): Promise<Uint8Array | ReadableStream<Uint8Array>> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  for (let size = 0; size <= limit; size += chunks.at(-1)?.byteLength ?? 0) {
    const { done, value } = await reader.read();
    if (done) return concat(chunks, size);
    chunks.push(value);
  }
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = chunks.length > 0 ? { value: chunks.shift() } : await reader.read();
      if (done) controller.close();
      else controller.enqueue(value as Uint8Array);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function concat(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
