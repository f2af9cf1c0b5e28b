import {
  explainPassed,
  explainRejection,
  readContent,
  type Signer,
  type SignOptions,
} from '@sigv4/signer';
import axios, {
  Axios,
  CanceledError,
  getAdapter,
  type AxiosAdapter,
  type AxiosHeaders,
  type InternalAxiosRequestConfig,
} from 'axios';

import { answerOf, settle, withoutSignature, type AxiosAnswer } from './answer.ts';
import { signedConfig } from './signed-config.ts';

type Config = InternalAxiosRequestConfig;

const ours = new WeakSet<object>();

export function isSigningAdapter(adapter: Config['adapter']): boolean {
  return typeof adapter === 'function' && ours.has(adapter);
}

/** As axios' own http adapter. */
const MAX_REDIRECTS = 21;

/** Reads URLs without the defaults of any instance: the config has them merged in. */
const uris = new Axios({});

/**
 * An adapter that signs and hands on to the one that the config had.
 *
 * @param inner of the config; axios' default if there is none
 */
export function signingAdapter(
  signer: Signer,
  inner: Config['adapter'],
  options: SignOptions,
): AxiosAdapter {
  const adapter: AxiosAdapter = async (config) => {
    // Responses and errors carry the config on, and axios-retry sends it in again.
    restoreAdapter(config, inner);
    const send = getAdapter(inner ?? axios.defaults.adapter, config);
    const url = urlOf(config);
    const authorization = config.headers.get('authorization');
    const other = typeof authorization === 'string' ? authorization : undefined;
    const reason = signer.reasonToPass({ url, authorization: other }, options);
    if (reason !== undefined) {
      const passed = await signer.pass(url, reason, () => answerOf(send(config)));
      return settle(passed, explainPassed(passed, reason));
    }

    const headers = config.headers.concat();
    const body = await captureBody(config, headers);
    const request = {
      method: config.method ?? 'get',
      url,
      headers: headers.toJSON(true),
      body,
    };
    const answer = await signer.send(
      request,
      (signed): Promise<AxiosAnswer> => {
        throwIfCancelled(config);
        const attempt = signedConfig(config, inner, headers, signed);
        return answerOf(withoutSignature(send(attempt), config));
      },
      { ...options, maxRedirects: config.maxRedirects ?? MAX_REDIRECTS, signal: signalOf(config) },
    );
    return settle(answer, await explainRejection(answer));
  };
  ours.add(adapter);
  return adapter;
}

/**
 * What axios is about to send, as exact bytes; sets the content type that belongs to them. A
 * stream goes back into the config as bytes, so that a retry can send it again.
 */
async function captureBody(
  config: Config,
  headers: AxiosHeaders,
): Promise<Uint8Array | string | undefined> {
  const data: unknown = config.data;
  if (data === undefined || data === null || data === '') return undefined;
  const { bytes, type, usedUp } = await readContent(data);
  if (type !== null && typeof data !== 'string') headers.setContentType(type);
  if (usedUp) config.data = bytes;
  return bytes;
}

function restoreAdapter(config: Config, inner: Config['adapter']): void {
  if (inner === undefined) delete config.adapter;
  else config.adapter = inner;
}

/** What axios makes of baseURL, url and params. User and password would replace the signature. */
function urlOf(config: Config): URL | string {
  const uri = uris.getUri(config);
  const base = baseOf(config);
  // The signer says what is wrong with it.
  if (!URL.canParse(uri, base)) return uri;
  const url = new URL(uri, base);
  url.username = '';
  url.password = '';
  return url;
}

/** As axios: a path alone is relative to the socket, or to the page. */
function baseOf(config: Config): string | undefined {
  return config.socketPath ? 'http://localhost' : globalThis.location?.href;
}

/** The http adapter would reject, but only after it has sent. */
function throwIfCancelled(config: Config): void {
  config.cancelToken?.throwIfRequested();
  if (config.signal?.aborted) throw new CanceledError(undefined, undefined, config);
}

function signalOf({ signal }: Config): AbortSignal | undefined {
  return signal instanceof AbortSignal ? signal : undefined;
}
