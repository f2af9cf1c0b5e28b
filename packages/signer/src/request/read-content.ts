import { contentAtHand, MAX_BUFFERED_BYTES, type Content, type ReadOptions } from './content.ts';

/**
 * Reads whatever clients take as a body: a string, bytes, a Blob, a form (that of the form-data
 * package too), URLSearchParams, a Request or Response, a stream of the web or of Node, an async
 * iterable. Strings and bytes are not copied.
 *
 * @param maxBufferedBytes how many bytes a stream, a Request or a Response may hold; bodies of
 *   other kinds are in memory already, and have no limit
 * @throws {SigV4Error} ERR_SIGV4_BODY if the body is none of these, or holds more; and whatever
 *   reading it throws
 * @throws the signal's reason
 */
export async function readContent(
  body: unknown,
  maxBufferedBytes: number = MAX_BUFFERED_BYTES,
  options: ReadOptions = {},
): Promise<Content> {
  const atHand = contentAtHand(body);
  if (atHand !== undefined) return atHand;
  // Whoever sends only text or bytes does not load the other ways to read.
  readOther ??= (await import('./stream-content.ts')).readOther;
  return readOther(body, maxBufferedBytes, options);
}

/** Loaded once: to ask for a loaded module again takes as long as a signature. */
let readOther:
  | ((body: unknown, limit: number, options: ReadOptions) => Promise<Content>)
  | undefined;
