import { createSignedFetch, type SignedFetchInit, type SignedFetchOptions } from '@sigv4/fetch';
import type { Hooks, Options } from 'ky';

/** The options of `createSignedFetch`, but for `fetch`: the instance's or the call's own one sends. */
export type SigV4HooksOptions = Omit<SignedFetchOptions, 'fetch'>;

/**
 * What ky's `context` holds for these hooks. ky types that as a record, so have TypeScript check it
 * by `satisfies`:
 *
 *     ky.get(url, { context: { sigv4: { region: 'us-east-1' } } satisfies SigV4Context });
 */
export type SigV4Context = {
  /** How this call is signed; `false` sends it unsigned. */
  readonly sigv4?: SignedFetchInit['sigv4'];
  readonly [other: string]: unknown;
};

type Fetch = NonNullable<Options['fetch']>;

/**
 * Where each fetch of ours keeps the one that it stands before. When an instance is extended twice,
 * the second hook finds the first one's fetch by this and takes its place, so that a request is
 * signed once. The symbol is registered, since the other hook can be of another copy of this package.
 */
const REPLACED = Symbol.for('@sigv4/ky: replaced fetch');

/**
 * Hooks that sign each request of a ky instance to an IAM-protected API. Each retry gets a fresh
 * date and signature. If an instance is extended with several of these hooks, the last ones sign.
 *
 * The options of one call go into its `context`: `ky.get(url, { context: { sigv4: { region } } })`.
 * `{ sigv4: false }` sends the call unsigned. {@link SigV4Context} is their type.
 *
 * @example
 * ```ts
 * const api = ky.extend({ hooks: sigv4Hooks() });
 * await api.get('https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders');
 * ```
 * @throws {TypeError} naming the wrong option
 */
export function sigv4Hooks(options: SigV4HooksOptions = {}): Hooks {
  if (Object.hasOwn(options, 'fetch')) {
    throw new TypeError(
      'fetch: there is no such option; give `fetch` to the ky instance or the call, and it sends what is signed',
    );
  }
  const signedFetch = createSignedFetch(options);

  // We take the place of ky's fetch, since ky does not run beforeRequest hooks on retries.
  function signCall(call: Options): void {
    const before = call.fetch;
    const isOurs = before !== undefined && Object.hasOwn(before, REPLACED);
    const fetch = isOurs ? (Reflect.get(before, REPLACED) as Fetch | undefined) : before;
    const sigv4 = copyOf(call.context?.['sigv4'] as SigV4Context['sigv4']);
    const signed: SignedFetchInit = {
      ...(fetch && { fetch }),
      // A call that has options of its own is to be signed wherever it goes.
      ...(sigv4 === undefined ? call.baseUrl && { baseUrl: String(call.baseUrl) } : { sigv4 }),
    };
    const signing: Fetch = (input, init) => {
      const body = textOf(call);
      return signedFetch(input, { ...init, ...signed, ...(body !== undefined && { body }) });
    };
    call.fetch = Object.defineProperty(signing, REPLACED, { value: fetch });
  }

  return { init: [signCall], beforeRequest: [refuseKy1] };
}

/**
 * The text that ky made its Request of, where no hook can have put another Request in its place. To
 * read it from the Request takes longer than to sign it.
 */
function textOf({ body, json, hooks = {}, onUploadProgress }: Options): string | undefined {
  const { beforeRequest = [], beforeRetry = [], afterResponse = [] } = hooks;
  const isOurs = beforeRequest.every((hook) => (hook as unknown) === refuseKy1);
  const isAlone = isOurs && beforeRetry.length === 0 && afterResponse.length === 0;
  // ky sends `json` if it is given both.
  const isText = typeof body === 'string' && json === undefined;
  return isAlone && !onUploadProgress && isText ? body : undefined;
}

/** ky calls fetch later, when the caller may have changed its objects. What cannot be copied is refused then. */
function copyOf<T>(options: T): T {
  if (options === undefined) return options;
  try {
    return structuredClone(options);
  } catch {
    return options;
  }
}

/**
 * ky 1 has no `init` hook and would send everything unsigned. It calls `beforeRequest` hooks with a
 * Request, and ky 2 with an object that holds the options.
 */
function refuseKy1(first: object): void {
  if ('options' in first) return;
  throw new TypeError('sigv4Hooks: needs ky 2 or later; npm install ky@2');
}
