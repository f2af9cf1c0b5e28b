import { createSignedFetch, type SignedFetchInit, type SignedFetchOptions } from '@sigv4/fetch';
import type { Hooks, Options } from 'ky';

/** As for `createSignedFetch`; what sends is the instance's or the call's own `fetch`. */
export type SigV4HooksOptions = Omit<SignedFetchOptions, 'fetch'>;

type Fetch = NonNullable<Options['fetch']>;

/** Our fetch → the one it stands before, so that extending an instance twice signs once. */
const replaced = new WeakMap<Fetch, Fetch | undefined>();

/**
 * Hooks that sign each request of a ky instance to an IAM-protected API, retries included, each
 * with a fresh date and signature. Where an instance is extended with several, the last ones sign.
 *
 * One call's own options go into its `context`: `ky.get(url, { context: { sigv4: { region } } })`,
 * or `{ sigv4: false }` to send it unsigned.
 *
 * @throws {TypeError} naming the wrong option
 */
export function sigv4Hooks(options: SigV4HooksOptions = {}): Hooks {
  const signedFetch = createSignedFetch(options);

  // At the seam of fetch, since beforeRequest does not run on retries.
  function signCall(call: Options): void {
    const before = call.fetch;
    const fetch = before && replaced.has(before) ? replaced.get(before) : before;
    const sigv4 = call.context?.['sigv4'] as SignedFetchInit['sigv4'];
    const signed: SignedFetchInit = {
      ...(fetch && { fetch }),
      // With options of its own, a call is to be signed wherever it goes.
      ...(sigv4 === undefined ? call.baseUrl && { baseUrl: call.baseUrl } : { sigv4 }),
    };
    const signing: Fetch = (input, init) => signedFetch(input, { ...init, ...signed });
    replaced.set(signing, fetch);
    call.fetch = signing;
  }

  return { init: [signCall], beforeRequest: [refuseKy1] };
}

/** ky 1 knows no `init` hook, and would send everything unsigned. It calls this with a Request. */
function refuseKy1(first: object): void {
  if ('options' in first) return;
  throw new TypeError('sigv4Hooks: needs ky 2 or later; npm install ky@2');
}
