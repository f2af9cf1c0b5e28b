import { type OptionRules, readOptions } from '@sigv4/signer/client';

import { createSignedFetch, OPTIONS, type SignedFetchOptions } from './signed-fetch.ts';

/** The options of `createSignedFetch`, but for those that need the answer or the sending. */
export type RequestSignerOptions = Omit<
  SignedFetchOptions,
  'clockSkewCorrection' | 'fetch' | 'retryRejected'
>;

/**
 * Creates a function that gives a signed copy of a Request, for clients whose middleware takes a
 * Request and gives one: openapi-fetch, hey-api, Hono and the like.
 *
 * ```ts
 * client.use({ onRequest: ({ request }) => signRequest(request) });
 * ```
 *
 * The Request is used up, as if it had been sent. Send its copy within five minutes. One that is not
 * to be signed, by `hosts`, `service` and `region`, comes back unsigned. Since nothing is sent here,
 * a refusal is not retried. Redirects are answers (`redirect: 'manual'`), because fetch would follow
 * them with the old signature, and would send the session token along to other origins.
 *
 * @returns a function that rejects with what `createSignedFetch`'s rejects with, if a Request cannot
 *   be signed
 * @throws {TypeError} naming the wrong option
 */
export function createRequestSigner(
  options: RequestSignerOptions = {},
): (request: Request) => Promise<Request> {
  const signedFetch = createSignedFetch(
    readOptions(options, REQUEST_OPTIONS, 'createRequestSigner'),
  );
  return async (request) => {
    let signed = request;
    await signedFetch(request, {
      fetch: async (input, init) => {
        signed = new Request(input, init);
        return new Response();
      },
    });
    return signed;
  };
}

const {
  clockSkewCorrection: _clock,
  fetch: _fetch,
  retryRejected: _retry,
  ...REQUEST_OPTIONS
}: OptionRules<SignedFetchOptions> = OPTIONS;
