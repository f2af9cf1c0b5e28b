import type * as Http from 'node:http';

import { builtinModule } from '../environment.ts';

/** An answer that was read to its end. */
export interface PostAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string;
}

/** Sends a form, and reads its answer. */
export type Post = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  limits: {
    readonly signal: AbortSignal;
    /** Characters of the answer. One that has as many or more is not read to its end, and none of it told. */
    readonly maxLength: number;
  },
) => Promise<PostAnswer>;

/**
 * Whether a fetch is Node's own and nothing has used it yet. It would first load undici, which
 * takes longer than all else in a process's first call of STS. Where somebody has put another in
 * its place (a mock, say), or given undici a dispatcher (a proxy, say), that is to be used.
 */
export function isUnloadedFetch(fetch: typeof globalThis.fetch): boolean {
  return (
    !(Symbol.for('undici.globalDispatcher.1') in globalThis) &&
    // Of another realm, it is that one's undici that would have to be looked at.
    typeof fetch === 'function' &&
    Object.getPrototypeOf(fetch) === Function.prototype &&
    Function.prototype.toString.call(fetch).includes('internal/deps/undici') &&
    builtinModule('https') !== undefined
  );
}

/**
 * A POST by node:https, or node:http, over a connection of its own: not by the global agent, which
 * fetch does not heed either. Redirects are answers.
 *
 * @throws what went wrong on the way, or that the signal was aborted
 */
export const httpsPost: Post = (url, headers, body, { signal, maxLength }) => {
  const scheme = new URL(url).protocol === 'https:' ? 'https' : 'http';
  const { Agent, request } = builtinModule(scheme) as typeof Http;
  return new Promise((resolve, reject) => {
    const sent = {
      ...headers,
      'content-length': String(new TextEncoder().encode(body).byteLength),
      'accept-encoding': 'identity',
      // As fetch.
      'user-agent': 'node',
    };
    const options = { method: 'POST', headers: sent, signal, agent: new Agent() };
    // Once there is an answer, it tells itself if it breaks off; what comes behind it is of no interest.
    let isAnswered = false;
    const fail = (error: Error): void => {
      if (!isAnswered) reject(error);
    };
    request(url, options, (answer) => {
      isAnswered = true;
      readAll(answer, maxLength).then((text) => resolve({ ...head(answer), text }), reject);
    })
      .on('error', fail)
      .on('close', () => fail(new Error('the connection was closed without an answer')))
      .end(body);
  });
};

function head({ statusCode = 0, headers }: Http.IncomingMessage): Omit<PostAnswer, 'text'> {
  return {
    status: statusCode,
    headers: { get: (name) => headers[name]?.toString() ?? null },
  };
}

async function readAll(answer: Http.IncomingMessage, maxLength: number): Promise<string> {
  answer.setEncoding('utf8');
  let text = '';
  for await (const piece of answer) {
    text += piece as string;
    // Leaving the loop ends the connection.
    if (text.length >= maxLength) return '';
  }
  return text;
}
