import { explain, orAborted, type Signer, type SignOptions } from '@sigv4/signer';
import axios, {
  getAdapter,
  type AxiosAdapter,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';

import { answerOf, settle, withoutSignature } from './answer.ts';
import { cancellation } from './cancellation.ts';
import { captureBody, urlOf, type BodyOptions } from './captured-request.ts';
import { signedConfig } from './signed-config.ts';

type Config = InternalAxiosRequestConfig;

const ours = new WeakSet<object>();

export function isSigningAdapter(adapter: Config['adapter']): boolean {
  return typeof adapter === 'function' && ours.has(adapter);
}

/** As axios' own http adapter. */
const MAX_REDIRECTS = 21;

/**
 * An adapter that signs and hands on to the one that the config had.
 *
 * @param inner of the config; axios' default if there is none
 */
export function signingAdapter(
  signer: Signer,
  inner: Config['adapter'],
  options: SignOptions,
  bodyOptions: BodyOptions,
): AxiosAdapter {
  const adapter: AxiosAdapter = async (config) => {
    // Responses and errors carry the config on, and axios-retry sends it in again.
    if (inner === undefined) delete config.adapter;
    else config.adapter = inner;

    const send = getAdapter(inner ?? axios.defaults.adapter, config);
    const url = urlOf(config);
    const authorization = config.headers.get('authorization');
    const other = typeof authorization === 'string' ? authorization : undefined;
    const reason = signer.reasonToPass({ url, authorization: other }, options);
    if (reason === undefined) {
      return sendSigned(signer, send, isCustom(inner), url, config, options, bodyOptions);
    }
    const passed = await signer.pass(url, reason, () => answerOf(send(config)));
    return settle(passed, explain(passed));
  };
  ours.add(adapter);
  return adapter;
}

async function sendSigned(
  signer: Signer,
  send: AxiosAdapter,
  custom: boolean,
  url: string,
  config: Config,
  options: SignOptions,
  bodyOptions: BodyOptions,
): Promise<AxiosResponse> {
  const { fetchOptions, method = 'get' } = config;
  const headers = config.headers.concat();
  // axios' other adapters send the URL's own, whatever this says.
  if (!custom && !isHttp(send)) headers.delete('host');
  const follows = (fetchOptions?.['redirect'] ?? 'follow') === 'follow';
  const maxRedirects = follows ? (config.maxRedirects ?? MAX_REDIRECTS) : 0;
  const { signal, release } = cancellation(config);
  try {
    const body = await orAborted(captureBody(config, headers, bodyOptions), signal);
    const { bytes, unread } = body;
    const answer = await signer.send(
      { method, url, headers: headers.toJSON(true), body: bytes },
      async (signed) => {
        // The http adapter would reject too, but only after it has sent.
        signal.throwIfAborted();
        const again = signed.method === method.toUpperCase() ? unread : undefined;
        const attempt = signedConfig(config, custom, headers, signed, again);
        return answerOf(withoutSignature(send(attempt), attempt, config));
      },
      {
        ...options,
        maxRedirects,
        signal,
        oneShotBody: unread !== undefined && !(unread instanceof Blob),
      },
    );
    return settle(answer, explain(answer));
  } finally {
    release();
  }
}

/** Of users or mocks: axios' own are named, or marked by their name. */
function isCustom(adapter: Config['adapter']): boolean {
  return typeof adapter === 'function' && !('adapterName' in adapter);
}

function isHttp(adapter: AxiosAdapter): boolean {
  return 'adapterName' in adapter && adapter.adapterName === 'http';
}
