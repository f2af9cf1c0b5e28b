import type { IncomingMessage, request as Request } from 'node:http';

import { builtinModule } from './environment.ts';

/** An answer that was read to its end. */
export interface PostAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string;
}

/**
 * Whether a fetch is Node's own and nothing has used it yet. It would first load undici, which
 * takes longer than all else in a process's first call of STS. Where somebody has put another in
 * its place (a mock, say), or given undici a dispatcher (a proxy, say), that is to be used.
 */
export function isUnloadedFetch(fetch: typeof globalThis.fetch): boolean {
  return (
    !(Symbol.for('undici.globalDispatcher.1') in globalThis) &&
    String(fetch).includes("require('internal/deps/undici/undici')")
  );
}

/**
 * A POST by node:https, or node:http. Redirects are answers; a body of `maxLength` characters or
 * more is not read to its end, and none of it told.
 *
 * @throws what went wrong on the way, or that the signal was aborted
 */
export function httpsPost(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  { signal, maxLength }: { readonly signal: AbortSignal; readonly maxLength: number },
): Promise<PostAnswer> {
  const scheme = url.startsWith('https:') ? 'https' : 'http';
  const { request } = builtinModule(scheme) as { request: typeof Request };
  return new Promise((resolve, reject) => {
    const sent = {
      ...headers,
      'content-length': String(new TextEncoder().encode(body).byteLength),
      // The next call is long after this one, and a function that was frozen has no connection left.
      connection: 'close',
      // As fetch.
      'user-agent': 'node',
    };
    request(url, { method: 'POST', headers: sent, signal }, (answer) => {
      readAll(answer, maxLength).then((text) => resolve({ ...head(answer), text }), reject);
    })
      .on('error', reject)
      .end(body);
  });
}

function head({ statusCode = 0, headers }: IncomingMessage): Omit<PostAnswer, 'text'> {
  return {
    status: statusCode,
    headers: { get: (name) => headers[name]?.toString() ?? null },
  };
}

async function readAll(answer: IncomingMessage, maxLength: number): Promise<string> {
  answer.setEncoding('utf8');
  let text = '';
  for await (const piece of answer) {
    text += piece as string;
    // Leaving the loop ends the connection.
    if (text.length >= maxLength) return '';
  }
  return text;
}
