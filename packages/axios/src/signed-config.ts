import type { SignedRequest } from '@sigv4/signer';
import type { HeaderRecord } from '@sigv4/signer/client';
import type { AxiosRequestHeaders, InternalAxiosRequestConfig } from 'axios';

import { copyLike } from './captured-config.ts';

type Config = InternalAxiosRequestConfig;

/** What sends an attempt, and what the signature does not tell of it. */
export interface Sending {
  /** `http`, `xhr` or `fetch`; `custom` for one of users or mocks. */
  readonly adapter: string;
  /** Whether the URL that the call named will do for a custom adapter. */
  readonly hasOwnUrl: boolean;
  /** The headers as the caller sends them, lists joined. */
  readonly before: HeaderRecord;
  /** The body, if no signature covers it. */
  readonly unread: object | undefined;
}

/**
 * The config for one attempt: the caller's, with what was signed. A copy, so that nothing of a
 * signature gets into the caller's.
 *
 * An adapter of users or mocks looks at URL, parameters and body as the call named them. But if the
 * signature is in the URL, or a redirect led to another one, it gets that URL: without it, the
 * request would go out unsigned, or to the wrong address.
 *
 * @param call the config as it was captured
 */
export function signedConfig(
  config: Config,
  call: Config,
  signed: SignedRequest,
  { before, unread, adapter, hasOwnUrl }: Sending,
): Config {
  const custom = adapter === 'custom';
  const attempt = copyLike(config, call);
  // In the case in which axios gives it to adapters.
  attempt.method = signed.method.toLowerCase();
  attempt.headers = signedHeaders(call.headers, before, signed.headers);
  attempt.maxRedirects = 0;
  if (custom || adapter === 'fetch') {
    const fetchOptions = { ...call.fetchOptions, redirect: 'manual' as const };
    attempt.fetchOptions = copyLike(call.fetchOptions ?? config, fetchOptions);
  }
  // Basic authentication would take the place of the signature.
  if (attempt.auth) delete attempt.auth;
  if (custom && hasOwnUrl) return attempt;

  attempt.url = signed.url;
  if (attempt.baseURL) delete attempt.baseURL;
  if (attempt.params) delete attempt.params;
  const hasBody = unread !== undefined || signed.body !== undefined;
  if (custom && hasBody) return attempt;
  // An empty body differs from none: xhr sends a content type with it.
  if (unread !== undefined) attempt.data = unread;
  // No client rewrites bytes, nor guesses a content type for them.
  else if (signed.body !== undefined) attempt.data = bytesOf(signed.body);
  else if (attempt.data) delete attempt.data;
  // With these two, axios sends another Host than the URL's, or one with a port.
  if (call.socketPath || call.httpVersion === 2) {
    attempt.headers.set('host', new URL(signed.url).host, false);
  }
  return attempt;
}

/**
 * Headers that signing did not change keep their form, since axios joins lists in its own way, and
 * a falsy value tells axios to send no default.
 */
function signedHeaders(
  given: AxiosRequestHeaders,
  before: HeaderRecord,
  signed: HeaderRecord,
): AxiosRequestHeaders {
  // The class comes from the axios that made the config, which may be another copy than ours.
  const all = given.concat();
  for (const name in before) if (!(name in signed)) all.delete(name);
  for (const name in signed) {
    if (signed[name] !== before[name]) all.set(name, signed[name] as string);
  }
  return all;
}

/** The http adapter takes a Buffer, but no other view. */
function bytesOf(body: Uint8Array | string): Uint8Array {
  const { Buffer } = globalThis;
  if (typeof body === 'string') return Buffer ? Buffer.from(body) : new TextEncoder().encode(body);
  return Buffer ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : body;
}
