import axios from 'axios';
import ky from 'ky';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';
import type { SignerOptions } from '@sigv4/signer';

export interface Call {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** One call through a client: its status. */
export type Client = (url: string, call?: Call) => Promise<number>;

type Make = (options: SignerOptions) => Client;

function axiosWith(adapter: 'http' | 'fetch'): Make {
  return (options) => {
    const instance = axios.create({ adapter, validateStatus: null, maxRedirects: 5 });
    instance.interceptors.request.use(sigv4Interceptor(options));
    return async (url, { method = 'GET', headers = {}, body } = {}) =>
      (await instance.request({ url, method, headers, data: body })).status;
  };
}

/** Every client, by name. */
export const CLIENTS: Readonly<Record<string, Make>> = {
  'axios, http adapter': axiosWith('http'),
  'axios, fetch adapter': axiosWith('fetch'),
  fetch: (options) => {
    const signedFetch = createSignedFetch(options);
    return async (url, { method = 'GET', headers, body } = {}) => {
      const init = {
        method,
        headers: headers ?? {},
        duplex: 'half',
        ...(body === undefined ? undefined : { body: body as BodyInit }),
      };
      return (await signedFetch(url, init)).status;
    };
  },
  ky: (options) => {
    const api = ky.extend({ hooks: sigv4Hooks(options), retry: 0, throwHttpErrors: false });
    return async (url, { method = 'GET', headers, body } = {}) =>
      (
        await api(url, {
          method,
          headers: headers ?? {},
          ...(body === undefined ? undefined : { body: body as BodyInit }),
        })
      ).status;
  },
};
