import { contentAtHand, readContent } from '@sigv4/signer';
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

/**
 * The base URL, resolved as that of the call is.
 *
 * @returns `undefined` if there is none. One that cannot be resolved has an origin that is like no
 *   other: it is not a licence to sign for all.
 */
export function baseUrlOf({ baseURL, socketPath }: Config): string | undefined {
  if (!baseURL || isPlain(baseURL)) return baseURL;
  const base = socketPath ? 'http://localhost' : globalThis.location?.href;
  return URL.canParse(baseURL, base) ? new URL(baseURL, base).href : 'about:blank';
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

export interface CapturedBody {
  readonly bytes?: Uint8Array | string | undefined;
  /** A body that no signature covers, and that is handed on as it is. */
  readonly unread?: unknown;
}

/**
 * What axios is about to send, as exact bytes; sets the content type that belongs to them. A
 * stream goes back into the config as bytes, so that a retry can send it again.
 *
 * @param call the config as it was captured, after all transforms
 * @param headers of the call
 * @param config the caller's
 * @returns at once, where the body is at hand
 * @throws {SigV4Error} ERR_SIGV4_BODY
 */
export function captureBody(
  call: Config,
  headers: AxiosHeaders,
  options: BodyOptions,
  config: Config,
): CapturedBody | Promise<CapturedBody> {
  // axios sends nothing for whatever is falsy.
  if (!call.data) return NOTHING;
  return contentAtHand(call.data) ?? readBody(call, headers, options, config);
}

const NOTHING: CapturedBody = {};

async function readBody(
  call: Config,
  headers: AxiosHeaders,
  { maxBufferedBytes, payload }: BodyOptions,
  config: Config,
): Promise<CapturedBody> {
  const data = call.data as object;
  // As axios' http adapter, which leaves the type alone where there is nothing to be typed.
  if (data instanceof Blob && data.size > 0) {
    headers.setContentType(data.type || 'application/octet-stream');
  }
  if (payload === 'unsigned' && (data instanceof Blob || isStream(data))) {
    // The boundary of the form-data package.
    if ('getHeaders' in data) headers.set((data as FormStream).getHeaders());
    return { unread: data };
  }
  const { bytes, type, usedUp } = await readContent(data, maxBufferedBytes);
  if (type !== null && !(data instanceof Blob)) headers.setContentType(type);
  if (usedUp) call.data = config.data = bytes;
  return { bytes };
}

interface FormStream {
  getHeaders(): Record<string, string>;
}

/** Of Node or of the web. */
function isStream(data: unknown): data is object {
  return typeof data === 'object' && data !== null && ('pipe' in data || 'getReader' in data);
}
