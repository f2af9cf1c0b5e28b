import { contentAtHand, readContent, type CapturedBody } from '@sigv4/signer/client';
import { Axios, type AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';

type Config = InternalAxiosRequestConfig;

/** Reads URLs without the defaults of any instance: the config has them merged in. */
const uris = new Axios({});

/**
 * What axios makes of baseURL, url and params, without user and password: they would replace the
 * signature. As it is, if it is no absolute URL.
 */
export function urlOf(config: Config): string {
  const { url: path, baseURL, params, paramsSerializer, allowAbsoluteUrls } = config;
  // No more than it needs: all of a config takes axios as long as a signature.
  const uri = uris.getUri({
    url: path,
    baseURL,
    params,
    paramsSerializer,
    allowAbsoluteUrls,
  } as Config);
  // As axios: a path alone is relative to the socket, or to the page.
  const base = config.socketPath ? 'http://localhost' : globalThis.location?.href;
  if (base === undefined && isPlain(uri)) return uri;
  if (!URL.canParse(uri, base)) return uri;
  const url = new URL(uri, base);
  url.username = '';
  url.password = '';
  return url.href;
}

/** Absolute, and without user and password. */
function isPlain(uri: string): boolean {
  return /^https?:\/\/[^/?#@\\]+(?:$|[/?#])/.test(uri);
}

/** How bodies are read. */
export interface BodyOptions {
  /** Of a stream, in bytes. */
  readonly maxBufferedBytes: number;
  /** Whether the body is part of the signature. */
  readonly payload: 'signed' | 'unsigned' | undefined;
}

/**
 * What axios is about to send, copied while it is at hand, else to be read; sets the content type
 * that belongs to it. A stream goes back into the config as bytes, so that a retry can send it
 * again.
 *
 * @param config the caller's, after all transforms
 * @param headers a copy of what is to be sent
 */
export function captureBody(
  config: Config,
  headers: AxiosHeaders,
  { maxBufferedBytes, payload }: BodyOptions,
): CapturedBody {
  // axios sends nothing for whatever is falsy.
  if (!config.data) return undefined;
  const atHand = contentAtHand(config.data);
  if (atHand) {
    const { bytes } = atHand;
    return typeof bytes === 'string' || bytes.byteLength > LARGE_BYTES ? bytes : bytes.slice();
  }
  const data = config.data as object;
  // As axios' http adapter, which leaves the type alone where there is nothing to be typed.
  if (data instanceof Blob && data.size > 0) {
    headers.setContentType(data.type || 'application/octet-stream');
  }
  if (payload === 'unsigned' && (data instanceof Blob || isStream(data))) {
    // The boundary of the form-data package.
    if ('getHeaders' in data) headers.set((data as FormStream).getHeaders());
    return async () => ({ unread: data });
  }
  // One object gives the bytes and the type, so that a form's boundary is the same in both.
  const response =
    data instanceof FormData || data instanceof URLSearchParams ? new Response(data) : undefined;
  const type =
    response?.headers.get('content-type') ??
    ('getHeaders' in data ? (data as FormStream).getHeaders()['content-type'] : undefined);
  if (type) headers.setContentType(type);
  return async () => {
    const { bytes, usedUp } = await readContent(response ?? data, maxBufferedBytes);
    if (usedUp && response === undefined) config.data = bytes;
    return bytes;
  };
}

/** Larger bytes are not copied; the README says so. */
const LARGE_BYTES = 16_777_216;

interface FormStream {
  getHeaders(): Record<string, string>;
}

/** Of Node or of the web. */
function isStream(data: unknown): data is object {
  return typeof data === 'object' && data !== null && ('pipe' in data || 'getReader' in data);
}
