import axios from 'axios';
import ky from 'ky';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';
import type { SignerOptions } from '@sigv4/signer';

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly json?: unknown;
}

/** Sends one call and gives its status and the text of its answer. */
export type Client = (call: Call) => Promise<{ status: number; text: string }>;

export type ClientName = 'axios' | 'fetch' | 'ky';

/** The three clients for one API. All that IAM needs is one line in each. */
export function clientsOf(baseUrl: string, options: SignerOptions): Record<ClientName, Client> {
  const instance = axios.create({
    baseURL: baseUrl,
    validateStatus: null,
    responseType: 'text',
    transformResponse: String,
  });
  instance.interceptors.request.use(sigv4Interceptor(options));

  const signedFetch = createSignedFetch(options);

  const api = ky.extend({ prefix: baseUrl, hooks: sigv4Hooks(options), throwHttpErrors: false });

  return {
    axios: async ({ method, path, json }) => {
      const { status, data } = await instance.request<string>({ method, url: path, data: json });
      return { status, text: data };
    },
    fetch: async ({ method, path, json }) => {
      const content =
        json === undefined
          ? {}
          : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) };
      const response = await signedFetch(baseUrl + path, { method, ...content });
      return { status: response.status, text: await response.text() };
    },
    ky: async ({ method, path, json }) => {
      const response = await api(path, { method, ...(json === undefined ? {} : { json }) });
      return { status: response.status, text: await response.text() };
    },
  };
}
