import axios from 'axios';
import ky, { HTTPError } from 'ky';

import { rejectionOf, sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch, explain } from '@sigv4/fetch';
import { explain as explainKy, sigv4Hooks } from '@sigv4/ky';
import type { Rejection, SignerOptions } from '@sigv4/signer';

export interface AskingCall {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** One call: the reason of a refusal that the client's user gets; `undefined` after a good answer. */
type AskingClient = (url: string, call?: AskingCall) => Promise<Rejection | undefined>;

function axiosWith(adapter: 'http' | 'fetch'): (options: SignerOptions) => AskingClient {
  return (options) => {
    const instance = axios.create({ adapter });
    instance.interceptors.request.use(sigv4Interceptor(options));
    return async (url, { body, ...call } = {}) => {
      try {
        await instance.request({ url, ...call, ...(body !== undefined && { data: body }) });
        return undefined;
      } catch (error) {
        return rejectionOf(error);
      }
    };
  };
}

/** Every client, by name. */
export const ASKING_CLIENTS: Readonly<Record<string, (options: SignerOptions) => AskingClient>> = {
  'axios, http adapter': axiosWith('http'),
  'axios, fetch adapter': axiosWith('fetch'),
  fetch: (options) => {
    const signedFetch = createSignedFetch(options);
    return async (url, call) => explain(await signedFetch(url, call));
  },
  ky: (options) => {
    const api = ky.extend({ hooks: sigv4Hooks(options), retry: 0 });
    return async (url, call) => {
      try {
        await api(url, call);
        return undefined;
      } catch (error) {
        if (error instanceof HTTPError) return explainKy(error.response);
        throw error;
      }
    };
  },
};
