import { bare } from '../own-fields.ts';

/** An answer that was read to its end. */
export interface PostAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string;
}

/** Sends a form, and reads its answer. Redirects are answers. */
export type Post = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  limits: {
    readonly signal: AbortSignal;
    /**
     * Characters. An answer with as many or more is not read to its end, and nothing of it is
     * given.
     */
    readonly maxLength: number;
  },
) => Promise<PostAnswer>;

/** A POST by fetch. If the answer is too long, its connection is closed. */
export function fetchPost(fetch: typeof globalThis.fetch): Post {
  return async (url, headers, body, { signal, maxLength }) => {
    const init = bare({ method: 'POST', headers, body, signal, redirect: 'manual' as const });
    const answer = await fetch(url, init);
    const text = await readText(answer, maxLength);
    return { status: answer.status, headers: answer.headers, text };
  };
}

/** Reads no more than it must: an answer that never ends would fill the memory. */
async function readText(answer: Response, maxLength: number): Promise<string> {
  // Other implementations of fetch have bodies that are no web streams.
  const reader = answer.body?.getReader?.();
  if (reader === undefined) return (await answer.text()).slice(0, maxLength);
  const decoder = new TextDecoder();
  let read = '';
  while (read.length < maxLength) {
    const { done, value } = await reader.read();
    if (done) return read;
    read += decoder.decode(value, { stream: true });
  }
  void reader.cancel().catch(() => {});
  return '';
}
