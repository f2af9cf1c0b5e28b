import { SigV4Error, type Signer, type SignOptions } from '@sigv4/signer';
import { CapturedRequest, headerRecord, hiddenRedirect, readSignOptions } from '@sigv4/signer/client';
import axios, {
  getAdapter,
  type AxiosAdapter,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';

import { answerOf, settle, withoutSignature, type AxiosAnswer } from './answer.ts';
import { cancellation } from './cancellation.ts';
import { captureBody, urlOf, type BodyOptions } from './captured-request.ts';
import { signedConfig, type GivenHeaders } from './signed-config.ts';

type Config = InternalAxiosRequestConfig;

const ours = new WeakSet<object>();

export function isSigningAdapter(adapter: Config['adapter']): boolean {
  return typeof adapter === 'function' && ours.has(adapter);
}

/** As axios' own http adapter. */
const MAX_REDIRECTS = 21;

/** What signs a call, and how. */
export interface Signing {
  readonly signer: Signer;
  /** The call's own, as they came. */
  readonly options: SignOptions | undefined;
  readonly bodyOptions: BodyOptions;
  /** Whether an absolute URL that leads away from the baseURL goes unsigned. */
  readonly onlyBaseOrigin: boolean;
}

/**
 * An adapter that signs and hands on to the one that the config had.
 *
 * @param inner of the config; axios' default if there is none
 */
export function signingAdapter(inner: Config['adapter'], signing: Signing): AxiosAdapter {
  const adapter: AxiosAdapter = async (config) => {
    // Responses and errors carry the config on, and axios-retry sends it in again.
    if (inner === undefined) delete config.adapter;
    else config.adapter = inner;

    return sendSigned(inner, config, signing);
  };
  ours.add(adapter);
  return adapter;
}

/**
 * xhr follows redirects by itself, to other origins too, and the session token goes with it. It is
 * for those who name it, or want to hear of the progress of an upload.
 */
function xhrLast(adapters: Config['adapter'], config: Config): Config['adapter'] {
  if (!Array.isArray(adapters) || config.onUploadProgress) return adapters;
  return [...adapters.filter((name) => name !== 'xhr'), 'xhr'];
}

async function sendSigned(
  inner: Config['adapter'],
  config: Config,
  { signer, options, bodyOptions, onlyBaseOrigin }: Signing,
): Promise<AxiosResponse> {
  const signOptions = options && readSignOptions(options);
  const { fetchOptions, method = 'get' } = config;
  const adapters = inner ?? axios.defaults.adapter;
  const send = getAdapter(xhrLast(adapters, config), config);
  const custom = isCustom(inner);
  const url = urlOf(config);
  const headers = config.headers.concat();
  // axios' other adapters send the URL's own, whatever this says.
  if (!custom && !isNamed(send, 'http')) headers.delete('host');
  if (isNamed(send, 'xhr') && config.data === undefined) headers.delete('content-type');
  const redirect: unknown = fetchOptions?.['redirect'] ?? 'follow';
  const maxRedirects = redirect === 'follow' ? (config.maxRedirects ?? MAX_REDIRECTS) : 0;
  const { signal, release } = cancellation(config);
  try {
    const body = captureBody(config, headers, bodyOptions);
    const given = headers.toJSON() as GivenHeaders;
    const answer = await signer.send(
      new CapturedRequest(method, url, headerRecord(given), body),
      async (signed, unread) => {
        // The http adapter would reject too, but only after it has sent.
        signal?.throwIfAborted();
        const again = signed.method === method.toUpperCase() ? unread : undefined;
        const attempt = signedConfig(config, custom, given, signed, again);
        const came = await answerOf(withoutSignature(send(attempt), attempt, config));
        if (!custom && redirect !== 'manual') refuseHiddenRedirect(came, signed.url);
        return came;
      },
      {
        ...signOptions,
        maxRedirects,
        signal,
        baseUrl: onlyBaseOrigin ? config.baseURL : undefined,
        pass: () => answerOf(getAdapter(adapters, config)(config)),
      },
    );
    return await settle(answer);
  } finally {
    release();
  }
}

/** Of users or mocks: axios' own are named, or marked by their name. */
function isCustom(adapter: Config['adapter']): boolean {
  return typeof adapter === 'function' && !('adapterName' in adapter);
}

function isNamed(adapter: AxiosAdapter, name: string): boolean {
  return 'adapterName' in adapter && adapter.adapterName === name;
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
