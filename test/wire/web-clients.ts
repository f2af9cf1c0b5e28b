import axios, { type AxiosRequestConfig } from 'axios';
import ky from 'ky';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';
import type { SignerOptions } from '@sigv4/signer';

export interface Call {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** One call through a client: its status. */
export type Client = (url: string, call?: Call) => Promise<number>;

export interface ClientOptions extends SignerOptions {
  readonly maxBufferedBytes?: number;
}

/** A client that signs with these options; without any, one that we have no part in. */
export type Make = (options?: ClientOptions) => Client;

export function axiosWith(
  adapter: 'http' | 'fetch' | 'xhr',
  config: AxiosRequestConfig = {},
): Make {
  return (options) => {
    const instance = axios.create({ adapter, validateStatus: null, maxRedirects: 5, ...config });
    if (options) instance.interceptors.request.use(sigv4Interceptor(options));
    return async (url, { method = 'GET', headers = {}, body, signal } = {}) =>
      (
        await instance.request({
          url,
          method,
          headers,
          data: body,
          ...(signal ? { signal } : undefined),
        })
      ).status;
  };
}

/** @param base which implementation; default: the global one */
export function fetchWith(base?: typeof fetch): Make {
  return (options) => {
    const send = options
      ? createSignedFetch({ ...options, ...(base ? { fetch: base } : undefined) })
      : (base ?? fetch);
    return async (url, call = {}) => (await send(url, initOf(call))).status;
  };
}

export const kyClient: Make = (options) => {
  const hooks = options ? sigv4Hooks(options) : {};
  const api = ky.extend({ hooks, retry: 0, throwHttpErrors: false });
  return async (url, call = {}) => (await api(url, initOf(call))).status;
};

function initOf({ method = 'GET', headers = {}, body, signal }: Call): RequestInit {
  return {
    method,
    headers,
    duplex: 'half',
    ...(body === undefined ? undefined : { body: body as BodyInit }),
    ...(signal ? { signal } : undefined),
  } as RequestInit;
}

/** Those of browsers, by name. */
export const WEB_CLIENTS: Readonly<Record<string, Make>> = {
  'axios, xhr adapter': axiosWith('xhr'),
  'axios, fetch adapter': axiosWith('fetch'),
  fetch: fetchWith(),
  ky: kyClient,
};
