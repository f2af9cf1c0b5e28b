// Recipe: an interceptor for undici's dispatchers. Whatever goes through the pool is signed: `request`,
// `stream`, and `fetch` with `{ dispatcher }`. Put retries before it, so that each is signed anew.
import { fetch, interceptors, Pool, request, type Dispatcher } from 'undici';
import { expect, test } from 'vitest';

import { createSigner, type SignerOptions } from '@sigv4/signer';
import { readContent, type GivenHeaders } from '@sigv4/signer/client';

import { recipeAws } from '../recipe-aws.ts';

type Call = Dispatcher.DispatchOptions;

function signing(origin: string, options: SignerOptions): Dispatcher.DispatcherComposeInterceptor {
  const signer = createSigner(options);
  const signed = async ({ query, ...call }: Call): Promise<Call> => {
    const url = new URL(call.path, origin);
    for (const [name, value] of Object.entries(query ?? {})) {
      for (const one of [value].flat()) url.searchParams.append(name, String(one));
    }
    const content = call.body ? await readContent(call.body) : undefined;
    const headers = pairsOf(call.headers);
    const sent = await signer.sign({ method: call.method, url, headers, body: content?.bytes });
    const { pathname, search } = new URL(sent.url);
    return { ...call, path: pathname + search, headers: sent.headers, body: sent.body ?? null };
  };
  return (dispatch) => (call, handler) => {
    signed(call).then(
      (sent) => dispatch(sent, handler),
      (error: Error) => handler.onResponseError?.(null as never, error),
    );
    return true;
  };
}

/** undici gives headers as an object, as pairs, or as one flat list. */
function pairsOf(headers: Call['headers']): GivenHeaders {
  if (!Array.isArray(headers)) return (headers ?? undefined) as GivenHeaders;
  return headers.flatMap((name: string, at) =>
    at % 2 ? [] : [[name, headers[at + 1] ?? ''] as const],
  );
}

let failures = 0;
const recipe = recipeAws([
  {
    method: 'PUT',
    path: '/flaky',
    handler: ({ body }) => (failures-- > 0 ? { status: 503 } : { body }),
  },
]);

test('request, fetch and retries through a pool are signed', async () => {
  const { origin, pathname } = new URL(recipe.url);
  const pool = new Pool(origin).compose(
    signing(origin, recipe.options as SignerOptions),
    interceptors.retry({ maxRetries: 1, minTimeout: 0, methods: ['PUT'], statusCodes: [503] }),
  );
  try {
    const prefix = pathname === '/' ? '' : pathname;
    const read = await pool.request({
      path: `${prefix}/orders`,
      method: 'GET',
      query: { q: ['a b', "it's"] },
      headers: ['accept', 'application/json'],
    });
    expect(await read.body.json()).toMatchObject({
      query: [
        ['q', 'a b'],
        ['q', "it's"],
      ],
    });
    const body = JSON.stringify({ sku: 'hät' });
    const made = await request(`${recipe.url}/orders`, { method: 'POST', body, dispatcher: pool });
    expect(await made.body.json()).toMatchObject({ body });
    const fetched = await fetch(`${recipe.url}/x`, { method: 'POST', body, dispatcher: pool });
    expect(await fetched.json()).toMatchObject({ body });
    recipe.expectSigned(3);
    failures = 1;
    const put = await request(`${recipe.url}/flaky`, { method: 'PUT', body, dispatcher: pool });
    expect(await put.body.json()).toEqual({ sku: 'hät' });
    recipe.expectSigned(5);
  } finally {
    await pool.close();
  }
});

test('what cannot be signed fails the call', async () => {
  const credentials = (): Promise<never> => Promise.reject(new Error('no credentials'));
  const { origin } = new URL(recipe.url);
  const pool = new Pool(origin).compose(signing(origin, { ...recipe.options, credentials }));
  try {
    await expect(pool.request({ path: '/x', method: 'GET' })).rejects.toThrow('no credentials');
    expect(recipe.aws.requests).toEqual([]);
  } finally {
    await pool.close();
  }
});
