import type { SignedRequest } from '@sigv4/signer';
import type { AxiosHeaders, AxiosRequestHeaders, InternalAxiosRequestConfig } from 'axios';

type Config = InternalAxiosRequestConfig;

/**
 * The config for one attempt: the caller's, with what was signed. A copy, so that nothing of a
 * signature gets into the caller's.
 *
 * @param custom for an adapter of users or mocks, which look at these as they were given
 * @param headers all that the caller sends
 * @param unread the body, if no signature covers it
 */
export function signedConfig(
  config: Config,
  custom: boolean,
  headers: AxiosHeaders,
  signed: SignedRequest,
  unread: unknown,
): Config {
  const attempt: Config = {
    ...config,
    method: signed.method,
    headers: signedHeaders(headers, signed),
    maxRedirects: 0,
    fetchOptions: { ...config.fetchOptions, redirect: 'manual' },
  };
  // It would take the place of the signature.
  delete attempt.auth;
  if (custom) return attempt;

  attempt.url = signed.url;
  delete attempt.baseURL;
  delete attempt.params;
  // Of nothing, there are kinds: xhr sends a content type with some of them.
  if (attempt.data) delete attempt.data;
  // No client rewrites bytes, nor guesses a content type for them.
  if (signed.body !== undefined) attempt.data = bytesOf(signed.body);
  if (unread !== undefined) attempt.data = unread;
  // These two name another host than the URL's, or with a port.
  if (config.socketPath || config.httpVersion === 2) {
    attempt.headers.set('host', new URL(signed.url).host, false);
  }
  return attempt;
}

function signedHeaders(headers: AxiosHeaders, signed: SignedRequest): AxiosRequestHeaders {
  const all = headers.concat() as AxiosRequestHeaders;
  for (const name of Object.keys(all.toJSON())) {
    if (!(name.toLowerCase() in signed.headers)) all.delete(name);
  }
  // Those that are as they were stay in the form they had: axios joins lists in its own way.
  const before: Record<string, string> = all.toJSON(true);
  const unchanged = new Map(
    Object.entries(before).map(([name, value]) => [name.toLowerCase(), value]),
  );
  for (const [name, value] of Object.entries(signed.headers)) {
    if (unchanged.get(name) !== value) all.set(name, value, true);
  }
  return all;
}

/** The http adapter takes a Buffer, but no other view. */
function bytesOf(body: Uint8Array | string): Uint8Array {
  const { Buffer } = globalThis;
  if (typeof body === 'string') return Buffer ? Buffer.from(body) : new TextEncoder().encode(body);
  return Buffer ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : body;
}
