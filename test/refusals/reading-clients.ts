import { Readable } from 'node:stream';

import axios, {
  AxiosError,
  type AxiosRequestConfig,
  type AxiosResponse,
  type ResponseType,
} from 'axios';
import ky from 'ky';

import { rejectionOf, sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch, explain } from '@sigv4/fetch';
import { explain as explainKy, sigv4Hooks } from '@sigv4/ky';
import type { Rejection, SignerOptions } from '@sigv4/signer';

/** An answer as a client's user gets it. */
export interface ReadAnswer {
  readonly status: number;
  readonly rejection: Rejection | undefined;
  /** Reads the body to its end. */
  readonly bytes: () => Promise<Uint8Array>;
  /** Reads the body without heed of its end. */
  readonly skim: () => unknown;
  /** Gives up a body that is not read. */
  readonly cancel: () => Promise<unknown>;
}

export type ReadingClient = (url: string, method?: string) => Promise<ReadAnswer>;

function ofResponse(response: Response, rejection: Rejection | undefined): ReadAnswer {
  return {
    status: response.status,
    rejection,
    bytes: async () => new Uint8Array(await response.arrayBuffer()),
    skim: () => response.body?.getReader().read(),
    cancel: async () => response.body?.cancel(),
  };
}

function axiosWith(
  adapter: 'http' | 'fetch',
  responseType: ResponseType,
): (options: SignerOptions) => ReadingClient {
  return (options) => {
    const config: AxiosRequestConfig = { adapter, responseType, transformResponse: [] };
    const instance = axios.create(config);
    instance.interceptors.request.use(sigv4Interceptor(options));
    return async (url, method = 'GET') => {
      const answer = await instance
        .request({ url, method })
        .catch((error: unknown) => error as AxiosError);
      const error = answer instanceof AxiosError ? answer : undefined;
      const response = error === undefined ? (answer as AxiosResponse) : error.response;
      if (response === undefined) throw error ?? new Error('there is no answer');
      const { status, data } = response;
      return {
        status,
        rejection: rejectionOf(error),
        bytes: () => bytesOf(data),
        skim: () =>
          data instanceof Readable ? data.resume() : (data as ReadableStream).getReader().read(),
        cancel: async () =>
          (data as { cancel?(): unknown; destroy?(): unknown }).destroy?.() ??
          (data as ReadableStream).cancel(),
      };
    };
  };
}

async function bytesOf(data: unknown): Promise<Uint8Array> {
  if (typeof data === 'string') return new TextEncoder().encode(data);
  if (data instanceof Blob) return new Uint8Array(await data.arrayBuffer());
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data))
    return new Uint8Array(data as ArrayBuffer);
  return Buffer.concat(await Readable.from(data as AsyncIterable<Uint8Array>).toArray());
}

/** Those that hand on a body that is still coming. */
export const STREAMING: Readonly<Record<string, (options: SignerOptions) => ReadingClient>> = {
  fetch: (options) => {
    const signedFetch = createSignedFetch(options);
    return async (url, method = 'GET') => {
      const response = await signedFetch(url, { method });
      return ofResponse(response, explain(response));
    };
  },
  ky: (options) => {
    const api = ky.extend({
      hooks: sigv4Hooks(options),
      retry: 0,
      timeout: false,
      throwHttpErrors: false,
    });
    return async (url, method = 'GET') => {
      const response = await api(url, { method });
      return ofResponse(response, explainKy(response));
    };
  },
  'axios, http adapter, stream': axiosWith('http', 'stream'),
  'axios, fetch adapter, stream': axiosWith('fetch', 'stream'),
};

/** Every client, with every form in which it gives a body. */
export const READING: Readonly<Record<string, (options: SignerOptions) => ReadingClient>> = {
  ...STREAMING,
  'axios, http adapter, text': axiosWith('http', 'text'),
  'axios, http adapter, arraybuffer': axiosWith('http', 'arraybuffer'),
  'axios, fetch adapter, text': axiosWith('fetch', 'text'),
  'axios, fetch adapter, arraybuffer': axiosWith('fetch', 'arraybuffer'),
  'axios, fetch adapter, blob': axiosWith('fetch', 'blob'),
};
