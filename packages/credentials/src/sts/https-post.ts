import type * as Http from 'node:http';

import { isLoopback } from '@sigv4/signer/client';

import { builtinModule } from '../runtime.ts';
import { bare } from '../own-fields.ts';
import type { Post, PostAnswer } from './fetch-post.ts';

/**
 * A POST by node:https, or node:http, over a connection of its own. It goes through the proxy of
 * the environment if Node's own requests do (NODE_USE_ENV_PROXY), but to this machine directly.
 *
 * @throws what went wrong on the way, or that the signal was aborted
 */
export const httpsPost: Post = (url, headers, body, { signal, maxLength }) => {
  const { protocol, hostname } = new URL(url);
  const { Agent, request } = builtinModule(protocol === 'https:' ? 'https' : 'http') as typeof Http;
  // The token of an http: request to this machine must not leave it.
  const proxyEnv = isLoopback(hostname)
    ? undefined
    : builtinModule('https')?.globalAgent.options.proxyEnv;
  return new Promise((resolve, reject) => {
    const sent = {
      ...headers,
      'content-length': String(Buffer.byteLength(body)),
      'accept-encoding': 'identity',
      // As fetch has it.
      'user-agent': 'node',
    };
    // Not the global agent itself: whatever certificates it takes, fetch does not.
    const agent = new Agent(bare({ proxyEnv }));
    // Once there is an answer, it tells itself if it breaks off. What comes after it does not matter.
    let isAnswered = false;
    const fail = (error: Error): void => {
      if (!isAnswered) reject(error);
    };
    request(url, bare({ method: 'POST', headers: sent, signal, agent }), (answer) => {
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
