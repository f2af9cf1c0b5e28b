import {
  hiddenRedirect,
  orAborted,
  SigV4Error,
  type SendOptions,
  type Signer,
  type SignOptions,
} from '@sigv4/signer';
import axios, {
  getAdapter,
  type AxiosAdapter,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';

import { answerOf, settle, type AxiosAnswer } from './answer.ts';
import { cancellation } from './cancellation.ts';
import { capturedConfig, captureForm, copyLike, copyOfOptions } from './captured-config.ts';
import { baseUrlOf, captureBody, urlOf, type BodyOptions } from './captured-request.ts';
import { hideCarrier } from './hidden.ts';
import { hidingTransport } from './hiding-transport.ts';
import { refuseProxy } from './proxies.ts';
import { signedConfig, type GivenHeaders } from './signed-config.ts';
import { stoppable } from './stoppable-body.ts';
import { withConfig, withoutSignature } from './without-signature.ts';

type Config = InternalAxiosRequestConfig;

const ours = new WeakSet<object>();

export function isSigningAdapter(adapter: Config['adapter']): boolean {
  return typeof adapter === 'function' && ours.has(adapter);
}

/** axios' own http adapter follows as many. */
const MAX_REDIRECTS = 21;

/** The signer of a call, and its options. */
export interface Signing {
  readonly signer: Signer;
  readonly options: SignOptions;
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
  const { signer, onlyBaseOrigin } = signing;
  const adapter: AxiosAdapter = async (config) => {
    // Responses and errors carry the config on, and axios-retry sends it in again.
    if (inner === undefined) delete config.adapter;
    else config.adapter = inner;

    // All that the caller can change is copied before the first await.
    const call = capturedConfig(config);
    if (!isCustom(inner)) captureForm(call);
    const options = copyOfOptions(signing.options, null) as SignOptions;
    const adapters = inner ?? axios.defaults.adapter;
    const url = urlOf(call);
    const authorization = call.headers.get('authorization');
    const other = typeof authorization === 'string' ? authorization : undefined;
    const baseUrl = onlyBaseOrigin ? baseUrlOf(call) : undefined;
    const reason = await signer.reasonToPass({ url, authorization: other, baseUrl }, options);
    if (reason === undefined) {
      const send = getAdapter(xhrLast(adapters, call), call);
      return sendSigned(send, isCustom(inner), url, call, config, { ...signing, options });
    }
    const send = getAdapter(adapters, call);
    const attempt = copyLike(config, call);
    const passed = await signer.pass(url, reason, () =>
      answerOf(withConfig(send(attempt), attempt, config)),
    );
    return settle(passed);
  };
  ours.add(adapter);
  return adapter;
}

/**
 * xhr follows redirects by itself, to other origins too, and takes the session token along. So it
 * is used only if the caller names it, or wants to hear of the progress of an upload.
 */
function xhrLast(adapters: Config['adapter'], config: Config): Config['adapter'] {
  if (!Array.isArray(adapters) || config.onUploadProgress) return adapters;
  return [...adapters.filter((name) => name !== 'xhr'), 'xhr'];
}

async function sendSigned(
  send: AxiosAdapter,
  custom: boolean,
  url: string,
  call: Config,
  config: Config,
  { signer, options, bodyOptions, allowsProxies }: Signing,
): Promise<AxiosResponse> {
  // axios marks its fetch adapter by no name.
  const name = custom ? undefined : (nameOf(send) ?? 'fetch');
  if (!allowsProxies) refuseProxy(url, name, call);
  const { fetchOptions, headers, method = 'get' } = call;
  // axios' other adapters send the URL's own host, whatever this header says.
  if (!custom && nameOf(send) !== 'http') headers.delete('host');
  if (nameOf(send) === 'xhr' && call.data === undefined) headers.delete('content-type');
  const redirect: unknown = fetchOptions?.['redirect'] ?? 'follow';
  const maxRedirects = redirect === 'follow' ? (call.maxRedirects ?? MAX_REDIRECTS) : 0;
  hideCarrier((fetchOptions as { dispatcher?: unknown } | undefined)?.dispatcher);
  const { body, stop } = stoppable(call.data, bodyOptions.payload !== 'unsigned');
  const { signal, release } = cancellation(config);
  let isHandedOn = false;
  try {
    if (body !== call.data) call.data = body;
    const capturing = captureBody(call, headers, bodyOptions, config);
    const { bytes, unread } = await orAborted(capturing, signal);
    const given = headers.toJSON() as GivenHeaders;
    let first: string | undefined;
    const answer = await signer.send(
      { method, url, headers: given, body: bytes },
      async (signed) => {
        // The http adapter rejects an aborted call too, but only after it has sent the request.
        signal?.throwIfAborted();
        isHandedOn = true;
        const again = signed.method === method.toUpperCase() ? unread : undefined;
        first ??= signed.url;
        const isInUrl = signed.headers['authorization'] === undefined;
        const hasOwnUrl = !isInUrl && signed.url === first;
        const attempt = signedConfig(config, call, custom, hasOwnUrl, given, signed, again);
        const transport = nameOf(send) === 'http' ? hidingTransport(call) : undefined;
        if (transport !== undefined) attempt.transport = transport;
        const came = await answerOf(withoutSignature(send(attempt), attempt, config));
        if (!custom && redirect !== 'manual') refuseHiddenRedirect(came, signed.url);
        return came;
      },
      {
        __proto__: null,
        ...options,
        maxRedirects,
        signal,
        oneShotBody: unread !== undefined && !(unread instanceof Blob),
      } as SendOptions,
    );
    return settle(answer);
  } catch (error) {
    // From there on it is the adapter's.
    if (!isHandedOn) stop(error);
    throw error;
  } finally {
    release();
  }
}

/** Whether users or mocks made the adapter: axios names its own, or marks them by a name. */
function isCustom(adapter: Config['adapter']): boolean {
  return typeof adapter === 'function' && !('adapterName' in adapter);
}

function nameOf(adapter: AxiosAdapter): unknown {
  return 'adapterName' in adapter ? adapter.adapterName : undefined;
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
