import type { RequestOptions } from 'node:http';

import type { SignedRequest, Signer, SignOptions } from '@sigv4/signer';
import {
  CapturedRequest,
  emptyRecord,
  type GivenHeaders,
  headerRecord,
  hiddenRedirect,
  readSignOptions,
  SigV4Error,
} from '@sigv4/signer/client';
import axios, {
  getAdapter,
  type AxiosAdapter,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';

import { answerOf, settle, type AxiosAnswer } from './answer.ts';
import { cancellation } from './cancellation.ts';
import { capturedConfig, captureForm, copyLike } from './captured-config.ts';
import { baseUrlOf, captureBody, urlOrError, type BodyOptions } from './captured-request.ts';
import { hideCarrier } from './hidden.ts';
import { hidingTransport } from './hiding-transport.ts';
import { refuseProxy } from './proxies.ts';
import { signedConfig } from './signed-config.ts';
import { withConfig, withoutSignature } from './without-signature.ts';

type Config = InternalAxiosRequestConfig;

/** It is registered, so that two copies of this package on one instance do not sign twice. */
const SIGNING = Symbol.for('@sigv4/axios: signing adapter');

export function isSigningAdapter(adapter: Config['adapter']): boolean {
  return typeof adapter === 'function' && Object.hasOwn(adapter, SIGNING);
}

/** axios' own http adapter follows as many. */
const MAX_REDIRECTS = 21;

/** The signer of a call, and its options. */
export interface Signing {
  readonly signer: Signer;
  /** The call's own, as they came. */
  readonly options: SignOptions | undefined;
  readonly bodyOptions: BodyOptions;
  /** Whether an absolute URL that leads away from the baseURL goes unsigned. */
  readonly onlyBaseOrigin: boolean;
  /** Whether http: requests may go through a proxy, as `allowInsecureHttp` says. */
  readonly allowsProxies: boolean;
}

/**
 * An adapter that signs and hands on to the one that the config had.
 *
 * @param inner the adapter of the config; if there is none, axios' default is used
 */
export function signingAdapter(inner: Config['adapter'], signing: Signing): AxiosAdapter {
  const adapter: AxiosAdapter = (config) => sendCall(inner, config, signing);
  return Object.defineProperty(adapter, SIGNING, { value: true });
}

/**
 * xhr follows redirects by itself, to other origins too, and takes the session token along. So it
 * is used only if the caller names it, or wants to hear of the progress of an upload.
 */
function xhrLast(adapters: Config['adapter'], config: Config): Config['adapter'] {
  if (!Array.isArray(adapters) || config.onUploadProgress) return adapters;
  return [...adapters.filter((name) => name !== 'xhr'), 'xhr'];
}

async function sendCall(
  inner: Config['adapter'],
  config: Config,
  { signer, options, bodyOptions, onlyBaseOrigin, allowsProxies }: Signing,
): Promise<AxiosResponse> {
  // Responses and errors carry the config on, and axios-retry sends it in again.
  if (inner === undefined) delete config.adapter;
  else config.adapter = inner;
  const signOptions = options === undefined ? undefined : readSignOptions(options);
  // All that the caller can change is copied before the first await.
  const call = capturedConfig(config);
  const adapters = inner ?? axios.defaults.adapter;
  const send = getAdapter(xhrLast(adapters, call), call);
  const adapter = isCustom(inner) ? 'custom' : nameOf(send);
  const custom = adapter === 'custom';
  if (!custom) captureForm(call);
  const url = urlOrError(call, config, adapter);
  const { fetchOptions, headers, method = 'get' } = call;
  const redirect: unknown = fetchOptions?.['redirect'] ?? 'follow';
  const maxRedirects = redirect === 'follow' ? (call.maxRedirects ?? MAX_REDIRECTS) : 0;
  const record = headerRecord(headers.toJSON() as GivenHeaders);
  // axios' other adapters send the URL's own host, whatever this header says.
  if (adapter === 'xhr' || adapter === 'fetch') delete record['host'];
  if (adapter === 'xhr' && call.data === undefined) delete record['content-type'];
  // The signer adds to the record.
  const before = Object.assign(emptyRecord(), record);
  const { content, stop } = captureBody(call, config, bodyOptions, (name, value) => {
    headers.set(name, value);
    record[name.toLowerCase()] = before[name.toLowerCase()] = value;
  });
  const { signal, release } = cancellation(config);
  let isHandedOn = false;
  let first: string | undefined;

  const onSend = (sent: RequestOptions): void => {
    isHandedOn = false;
    if (!allowsProxies) refuseProxy(url, sent);
    isHandedOn = true;
  };
  const transport = async (signed: SignedRequest, unread?: object): Promise<AxiosAnswer> => {
    // The http adapter rejects an aborted call too, but only after it has sent the request.
    signal?.throwIfAborted();
    if (!allowsProxies && adapter === 'fetch') refuseProxy(url, undefined);
    hideCarrier((fetchOptions as { dispatcher?: unknown } | undefined)?.dispatcher);
    isHandedOn = true;
    first ??= signed.url;
    const isInUrl = signed.headers['authorization'] === undefined;
    const hasOwnUrl = !isInUrl && signed.url === first;
    const attempt = signedConfig(config, call, signed, { before, unread, adapter, hasOwnUrl });
    const hiding = adapter === 'http' ? hidingTransport(call, onSend) : undefined;
    if (hiding !== undefined) attempt.transport = hiding;
    const came = await answerOf(send(attempt), withoutSignature(attempt, config));
    if (!custom && redirect !== 'manual') refuseHiddenRedirect(came, signed.url);
    return came;
  };
  const pass = (): Promise<AxiosAnswer> => {
    isHandedOn = true;
    const unsigned = copyLike(config, call);
    return answerOf(getAdapter(adapters, config)(unsigned), withConfig(unsigned, config));
  };

  try {
    const answer = await signer.send(new CapturedRequest(method, url, record, content), transport, {
      ...signOptions,
      maxRedirects,
      signal,
      baseUrl: onlyBaseOrigin ? baseUrlOf(call) : undefined,
      pass,
    });
    return await settle(answer);
  } catch (error) {
    // From there on it is the adapter's.
    if (!isHandedOn) await stop(error);
    throw error;
  } finally {
    release();
  }
}

/** Whether users or mocks made the adapter: axios names its own, or marks them by a name. */
function isCustom(adapter: Config['adapter']): boolean {
  return typeof adapter === 'function' && !('adapterName' in adapter);
}

/** axios marks its fetch adapter by no name. */
function nameOf(adapter: AxiosAdapter): string {
  return 'adapterName' in adapter ? String(adapter.adapterName) : 'fetch';
}

/** In browsers, fetch hides where a redirect leads, and xhr has followed it. */
function refuseHiddenRedirect({ status, response }: AxiosAnswer, url: string): void {
  const { responseURL = '' } = (response.request ?? {}) as { responseURL?: string };
  if (status === 0) throw hiddenRedirect(url);
  if (responseURL === '' || responseURL === url) return;
  throw new SigV4Error(
    'ERR_SIGV4_REDIRECT',
    `redirect: ${new URL(url).host} redirected the request; XMLHttpRequest followed it with the old signature; use adapter: 'fetch', which does not. Call the new address itself`,
  );
}
