/** A body that can be given up while it is read, and before it is handed on. */
export interface StoppableBody {
  readonly body: unknown;
  /** Releases what the stream holds, a file or a connection. Whoever reads it gets the reason. */
  readonly stop: (reason: unknown) => void;
}

/** @param isRead whether the body is read here, and not handed on as it is */
export function stoppable(body: unknown, isRead: boolean): StoppableBody {
  if (body instanceof ReadableStream) return isRead ? chunksOf(body) : cancellable(body);
  if (!isNodeStream(body)) return { body, stop: () => {} };
  return { body, stop: () => void body.destroy() };
}

function isNodeStream(body: unknown): body is { destroy(): unknown } {
  return typeof body === 'object' && body !== null && 'pipe' in body && 'destroy' in body;
}

function cancellable(body: ReadableStream): StoppableBody {
  return { body, stop: (reason) => void body.cancel(reason).catch(() => {}) };
}

/** Only its reader can cancel a stream that is being read. */
function chunksOf(given: ReadableStream): StoppableBody {
  // A Response refuses a stream that was read before, of which nothing more would come.
  const stream = new Response(given).body ?? given;
  const reader = stream.getReader();
  let stopped: { readonly reason: unknown } | undefined;
  const cancel = (reason: unknown): void => void reader.cancel(reason).catch(() => {});
  async function* chunks(): AsyncGenerator<unknown, void> {
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
      // What came until then is no body.
      if (stopped !== undefined) throw stopped.reason;
    } finally {
      cancel(undefined);
    }
  }
  return {
    body: chunks(),
    stop: (reason) => {
      stopped = { reason };
      cancel(reason);
    },
  };
}
