import type { SignedRequest } from '@sigv4/signer';
import type { AxiosRequestHeaders, InternalAxiosRequestConfig } from 'axios';

import { copyLike } from './captured-config.ts';

type Config = InternalAxiosRequestConfig;

/** Headers with names in the case, and lists in the form, that the caller gave them. */
export type GivenHeaders = Readonly<Record<string, string | readonly string[]>>;

/**
 * The config for one attempt: the caller's, with what was signed. A copy, so that nothing of a
 * signature gets into the caller's.
 *
 * An adapter of users or mocks looks at URL, parameters and body as the call named them. But if the
 * signature is in the URL, or a redirect led to another one, it gets that URL: without it, the
 * request would go out unsigned, or to the wrong address.
 *
 * @param call the config as it was captured
 * @param custom whether the adapter is one of users or mocks
 * @param hasOwnUrl whether the URL that the call named will do for such an adapter
 * @param given all headers that the caller sends
 * @param unread the body, if no signature covers it
 */
export function signedConfig(
  config: Config,
  call: Config,
  custom: boolean,
  hasOwnUrl: boolean,
  given: GivenHeaders,
  signed: SignedRequest,
  unread: unknown,
): Config {
  const attempt = copyLike(config, call);
  // In the case in which axios gives it to adapters.
  attempt.method = signed.method.toLowerCase();
  attempt.headers = signedHeaders(call.headers, given, signed.headers);
  attempt.maxRedirects = 0;
  const fetchOptions = { ...call.fetchOptions, redirect: 'manual' as const };
  attempt.fetchOptions = copyLike(call.fetchOptions ?? config, fetchOptions);
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

/** Headers that signing did not change keep their form, since axios joins lists in its own way. */
function signedHeaders(
  { constructor }: AxiosRequestHeaders,
  given: GivenHeaders,
  signed: SignedRequest['headers'],
): AxiosRequestHeaders {
  const all: Record<string, string | readonly string[]> = {};
  const left = new Map(Object.entries(signed));
  for (const [name, value] of Object.entries(given)) {
    const lower = name.toLowerCase();
    const now = left.get(lower);
    if (now === undefined) continue;
    left.delete(lower);
    all[name] = now === (typeof value === 'string' ? value : value.join(',')) ? value : now;
  }
  for (const [name, value] of left) all[name] = value;
  // The class comes from the axios that made the config, which may be another copy than ours.
  const Headers = constructor as new (headers: typeof all) => AxiosRequestHeaders;
  return new Headers(all);
}

/** The http adapter takes a Buffer, but no other view. */
function bytesOf(body: Uint8Array | string): Uint8Array {
  const { Buffer } = globalThis;
  if (typeof body === 'string') return Buffer ? Buffer.from(body) : new TextEncoder().encode(body);
  return Buffer ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : body;
}
