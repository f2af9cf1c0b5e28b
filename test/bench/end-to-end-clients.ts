import { aws4Interceptor } from 'aws4-axios';
import { createSignedFetcher } from 'aws-sigv4-fetch';
import { AwsClient } from 'aws4fetch';
import axios, { type AxiosInstance } from 'axios';
import ky, { type Options } from 'ky';

import { sigv4Interceptor } from '@sigv4/axios';
import { cacheCredentials } from '@sigv4/credentials';
import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';
import { createSigner } from '@sigv4/signer';

import { smithySigner } from '../conformance/smithy-signer.ts';
import { signByHand } from './hand-written.ts';
import { CREDENTIALS, TARGET } from './signing.ts';

/** One call, its answer read to the end: the status. */
export type Caller = (url: string, body?: string) => Promise<number>;

/** One client in all its forms; `unsigned` and `static` (headers of the same length) first, then ours. */
export type Contenders = Readonly<Record<string, Caller>>;

export const UNSIGNED = 'unsigned';
export const STATIC = 'static headers';
export const BY_HAND = 'hand-written, no checks';
export const OURS = '@sigv4';
export const OURS_ASKING = '@sigv4, asynchronous provider';

const smithy = smithySigner({ ...CREDENTIALS, ...TARGET });
const options = { credentials: CREDENTIALS, ...TARGET };
const asking = { credentials: cacheCredentials(async () => CREDENTIALS), ...TARGET };
const aws4fetch = new AwsClient({ ...CREDENTIALS, ...TARGET, retries: 0 });
const awsSigv4Fetch = createSignedFetcher({ credentials: CREDENTIALS, ...TARGET });
const JSON_TYPE = { 'content-type': 'application/json' };

/** What a signature adds to the headers, once and for all. */
async function staticHeaders(): Promise<Record<string, string>> {
  const request = { method: 'GET', url: 'http://localhost/', headers: JSON_TYPE };
  const { authorization, ...signed } = (await createSigner(options).sign(request)).headers;
  // Of another scheme, so that nobody takes it for a stale one.
  return { ...signed, authorization: (authorization ?? '').replace('AWS4-', 'XAWS-') };
}

/** A plain wrapper around AWS's own signer. */
const smithyFetch: typeof fetch = async (input, init = {}) => {
  const request = input instanceof Request ? input : undefined;
  const url = new URL(request?.url ?? (input as string));
  const body = init.body ?? (request?.body ? await request.text() : undefined);
  const method = init.method ?? request?.method ?? 'GET';
  const given = new Headers(init.headers ?? request?.headers);
  const { headers } = await smithy.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { ...Object.fromEntries(given), host: url.host },
    body,
  });
  const { host: _, ...sent } = headers;
  return fetch(url, { method, headers: sent, body: body ?? null });
};

function byFetch(call: typeof fetch, headers: Record<string, string> = {}): Caller {
  return async (url, body) => {
    const response = await call(
      url,
      body === undefined
        ? { headers }
        : { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body },
    );
    await response.text();
    return response.status;
  };
}

function byAxios(prepare: (instance: AxiosInstance) => void): Caller {
  const instance = axios.create({ adapter: 'http' });
  prepare(instance);
  return async (url, body) => {
    const answer =
      body === undefined ? instance.get(url) : instance.post(url, body, { headers: JSON_TYPE });
    return (await answer).status;
  };
}

function byKy(kyOptions: Options): Caller {
  const api = ky.create(kyOptions);
  return async (url, body) => {
    const response = await (body === undefined
      ? api.get(url)
      : api.post(url, { body, headers: JSON_TYPE }));
    await response.text();
    return response.status;
  };
}

export async function contenders(): Promise<Readonly<Record<string, Contenders>>> {
  const headers = await staticHeaders();
  return {
    fetch: {
      [UNSIGNED]: byFetch(fetch),
      [STATIC]: byFetch(fetch, headers),
      [BY_HAND]: byFetch((url, { method = 'GET', headers: given, body } = {}) => {
        const own = given as Record<string, string>;
        const signed = signByHand(method, url as string, own['content-type'], body as string);
        return fetch(url, { method, headers: { ...own, ...signed }, body: body ?? null });
      }),
      [OURS]: byFetch(createSignedFetch(options)),
      [OURS_ASKING]: byFetch(createSignedFetch(asking)),
      aws4fetch: byFetch((input, init) => aws4fetch.fetch(input, init ?? null)),
      'aws-sigv4-fetch': byFetch(awsSigv4Fetch),
      '@smithy/signature-v4 in a wrapper': byFetch(smithyFetch),
    },
    'axios, http adapter': {
      [UNSIGNED]: byAxios(() => {}),
      [STATIC]: byAxios((instance) => Object.assign(instance.defaults.headers.common, headers)),
      [BY_HAND]: byAxios((instance) =>
        instance.interceptors.request.use(
          (config) => {
            const { method = 'get', url = '', headers: given, data } = config;
            const type = given['Content-Type'] as string | undefined;
            Object.assign(given, signByHand(method.toUpperCase(), url, type, data as string));
            return config;
          },
          null,
          { synchronous: true },
        ),
      ),
      [OURS]: byAxios((instance) =>
        instance.interceptors.request.use(sigv4Interceptor(options), null, { synchronous: true }),
      ),
      [OURS_ASKING]: byAxios((instance) =>
        instance.interceptors.request.use(sigv4Interceptor(asking), null, { synchronous: true }),
      ),
      'aws4-axios': byAxios((instance) => {
        // Its types are those of another axios.
        const { interceptors } = instance;
        const plain: unknown = instance;
        const intercept: unknown = aws4Interceptor({
          instance: plain as never,
          options: TARGET,
          credentials: CREDENTIALS,
        });
        interceptors.request.use(intercept as never);
      }),
      '@smithy/signature-v4 in an interceptor': byAxios((instance) =>
        instance.interceptors.request.use(async (config) => {
          const url = new URL(config.url ?? '');
          const signed = await smithy.sign({
            method: (config.method ?? 'get').toUpperCase(),
            protocol: url.protocol,
            hostname: url.hostname,
            path: url.pathname,
            query: Object.fromEntries(url.searchParams),
            headers: {
              host: url.host,
              ...(config.data === undefined ? undefined : JSON_TYPE),
            },
            body: config.data,
          });
          config.headers.set(signed.headers);
          return config;
        }),
      ),
    },
    ky: {
      [UNSIGNED]: byKy({}),
      [STATIC]: byKy({ headers }),
      [BY_HAND]: byKy({
        hooks: {
          beforeRequest: [
            ({ request, options: { body } }) => {
              const { method, url, headers: given } = request;
              const type = given.get('content-type') ?? undefined;
              const signed = Object.entries(signByHand(method, url, type, body as string));
              for (const [name, value] of signed) given.set(name, value);
            },
          ],
        },
      }),
      [OURS]: byKy({ hooks: sigv4Hooks(options) }),
      [OURS_ASKING]: byKy({ hooks: sigv4Hooks(asking) }),
      aws4fetch: byKy({ fetch: (input, init) => aws4fetch.fetch(input, init ?? null) }),
      'aws-sigv4-fetch': byKy({ fetch: awsSigv4Fetch }),
      '@smithy/signature-v4 in a wrapper': byKy({ fetch: smithyFetch }),
    },
  };
}
