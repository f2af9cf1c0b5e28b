import { readContent } from '@sigv4/signer';
import { Axios, type AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';

type Config = InternalAxiosRequestConfig;

/** Reads URLs without the defaults of any instance: the config has them merged in. */
const uris = new Axios({});

/**
 * What axios makes of baseURL, url and params, without user and password: they would replace the
 * signature. As it is, if it is no absolute URL.
 */
export function urlOf(config: Config): string {
  const uri = uris.getUri(config);
  // As axios: a path alone is relative to the socket, or to the page.
  const base = config.socketPath ? 'http://localhost' : globalThis.location?.href;
  if (!URL.canParse(uri, base)) return uri;
  const url = new URL(uri, base);
  url.username = '';
  url.password = '';
  return url.href;
}

/**
 * What axios is about to send, as exact bytes; sets the content type that belongs to them. A
 * stream goes back into the config as bytes, so that a retry can send it again.
 *
 * @param config the caller's, after all transforms
 * @param headers a copy of what is to be sent
 * @throws {SigV4Error} ERR_SIGV4_BODY
 */
export async function captureBody(
  config: Config,
  headers: AxiosHeaders,
): Promise<Uint8Array | string | undefined> {
  const data: unknown = config.data;
  // axios sends nothing for whatever is falsy.
  if (!data) return undefined;
  const { bytes, type, usedUp } = await readContent(data);
  if (data instanceof Blob) headers.setContentType(type ?? 'application/octet-stream');
  else if (type !== null && typeof data !== 'string') headers.setContentType(type);
  if (usedUp) config.data = bytes;
  return bytes;
}
