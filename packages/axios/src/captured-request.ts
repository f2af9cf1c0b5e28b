import { contentAtHand, readContent } from '@sigv4/signer';
import { Axios, type AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';

type Config = InternalAxiosRequestConfig;

/** Reads URLs without the defaults of any instance: the config has them merged in. */
const uris = new Axios({});

/**
 * The URL that axios makes of baseURL, url and params. User and password are left out, since they
 * would replace the signature. A URL that is not absolute stays as it is.
 */
export function urlOf(config: Config): string {
  const { url: path, baseURL, params, paramsSerializer, allowAbsoluteUrls } = config;
  // Only what it needs: with a whole config, axios takes as long as a signature does.
  const uri = uris.getUri({
    url: path,
    baseURL,
    params,
    paramsSerializer,
    allowAbsoluteUrls,
  } as Config);
  // axios takes a path alone as relative to the socket, or to the page.
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

/** Whether a URL is absolute, and has neither user nor password. */
function isPlain(uri: string): boolean {
  return /^https?:\/\/[^/?#@\\]+(?:$|[/?#])/.test(uri);
}

/** Options of reading bodies. */
export interface BodyOptions {
  /** How much of a stream is read, in bytes. */
  readonly maxBufferedBytes: number;
  /** Whether the body is part of the signature. */
  readonly payload: 'signed' | 'unsigned' | undefined;
}

export interface CapturedBody {
  readonly bytes?: Uint8Array | string | undefined;
  /** A body that no signature covers. It is handed on as it is. */
  readonly unread?: unknown;
}

/**
 * Reads what axios is about to send as exact bytes, and sets the content type that belongs to them.
 * A stream goes back into the config as bytes, so that a retry can send it again.
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
  // axios sends no body for any falsy value.
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
  // axios' http adapter does the same: it sets no type for an empty Blob.
  if (data instanceof Blob && data.size > 0) {
    headers.setContentType(data.type || 'application/octet-stream');
  }
  if (payload === 'unsigned' && (data instanceof Blob || isStream(data))) {
    // A form of the form-data package names its boundary there.
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

/** Whether it is a stream of Node or of the web. */
function isStream(data: unknown): data is object {
  return typeof data === 'object' && data !== null && ('pipe' in data || 'getReader' in data);
}
