import {
  contentAtHand,
  readContent,
  urlOrNone,
  type CapturedBody,
  type Content,
  type UnreadBody,
} from '@sigv4/signer/client';
import { Axios, AxiosError, type InternalAxiosRequestConfig } from 'axios';

import { headersOfForm, type FormStream } from './captured-config.ts';

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
  const url = urlOrNone(uri, base);
  if (url === undefined) return uri;
  url.username = '';
  url.password = '';
  return url.href;
}

/**
 * The same, and if the params cannot be written into it, the error that the adapter gives.
 *
 * @param config the caller's, which the error bears
 * @param adapter its name
 */
export function urlOrError(call: Config, config: Config, adapter: unknown): string {
  try {
    return urlOf(call);
  } catch (error) {
    // Only the http adapter makes an error of axios of it.
    if (adapter !== 'http') throw error;
    const more = { url: call.url, exists: true };
    const { ERR_BAD_REQUEST } = AxiosError;
    throw AxiosError.from(error, ERR_BAD_REQUEST, config, undefined, undefined, more);
  }
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
  return urlOrNone(baseURL, base)?.href ?? 'about:blank';
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

/** A call's body, and a way to end a stream that was not handed on. */
export interface CallBody {
  readonly content: CapturedBody;
  readonly stop: (reason: unknown) => Promise<void>;
}

/**
 * What axios is about to send, as exact bytes, or a function that reads them. A stream goes back
 * into the config as bytes, so that a retry can send it again.
 *
 * @param call the config as it was captured, after all transforms
 * @param config the caller's
 * @param setHeader told the headers that belong to the body
 */
export function captureBody(
  call: Config,
  config: Config,
  { maxBufferedBytes, payload }: BodyOptions,
  setHeader: (name: string, value: string) => void,
): CallBody {
  const { data } = call as { readonly data: object | undefined };
  // axios sends no body for any falsy value.
  const atHand = data ? contentAtHand(data) : undefined;
  if (!data || atHand !== undefined) return { content: atHand?.bytes, stop: async () => {} };
  const isUnread = payload === 'unsigned' && (data instanceof Blob || isStream(data));
  const reading = new AbortController();
  // What nobody has taken over yet.
  let isLeft = true;
  const content = async (): Promise<Uint8Array | string | UnreadBody> => {
    // axios' http adapter does the same: it sets no type for an empty Blob.
    if (data instanceof Blob && data.size > 0) {
      setHeader('content-type', data.type || 'application/octet-stream');
    }
    // A form of the form-data package names its boundary there.
    const ofForm = 'getHeaders' in data ? headersOfForm(data as FormStream, call) : {};
    for (const [name, value] of Object.entries(ofForm)) setHeader(name, value);
    if (isUnread) return { unread: data };
    isLeft = false;
    const { signal } = reading;
    const read = await readContent(data, maxBufferedBytes, { signal });
    if (read.usedUp) call.data = config.data = read.bytes;
    const { bytes, type } = data instanceof FormData ? withBoundaryOf(call, read) : read;
    if (type !== null && !(data instanceof Blob)) setHeader('content-type', type);
    return bytes;
  };
  const stop = async (reason: unknown): Promise<void> => {
    reading.abort(reason);
    // To read it under an aborted signal ends it with the reason.
    if (isLeft) await readContent(data, 0, { signal: reading.signal }).catch(() => {});
  };
  return { content, stop };
}

/** The form with the boundary that the caller's content type names, as by axios' http adapter. */
function withBoundaryOf({ headers }: Config, read: Content): Content {
  const given = BOUNDARY.exec(String(headers.get('content-type')))?.[1];
  const made = BOUNDARY.exec(read.type ?? '')?.[1];
  const { Buffer } = globalThis;
  if (given === undefined || made === undefined || Buffer === undefined) return read;
  const text = Buffer.from(read.bytes as Uint8Array).toString('latin1');
  const bytes = Buffer.from(text.replaceAll(`--${made}`, `--${given}`), 'latin1');
  return { ...read, bytes, type: `multipart/form-data; boundary=${given}` };
}

const BOUNDARY = /boundary=([-\w]{10,70})/i;

/** Whether it is a stream of Node or of the web. */
function isStream(data: unknown): data is object {
  return typeof data === 'object' && data !== null && ('pipe' in data || 'getReader' in data);
}
