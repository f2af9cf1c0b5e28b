import type { CachedCredentials } from '@sigv4/credentials';
import {
  createSigner,
  type Credentials,
  type CredentialsProvider,
  type SignedRequest,
  type SignerOptions,
  type SignOptions,
} from '@sigv4/signer';
import { bufferLimit, hiddenRedirect, mayBeRejection, readSignOptions } from '@sigv4/signer/client';

import { captureCall } from './captured-request.ts';

export interface SignedFetchOptions extends Omit<SignerOptions, 'credentials'> {
  /** Default: `defaultCredentials()` of `@sigv4/credentials`. */
  readonly credentials?: Credentials | CredentialsProvider | undefined;
  /** What sends the signed requests. Default: the global `fetch`, as it is at the time of the call. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * How many bytes of a stream, or of a Request, are read into memory to be signed; `Infinity` for
   * all. Default: 10,485,760 (10 MiB), the most that API Gateway takes. More is an error, but with
   * `payload: 'unsigned'`, where streams are not read.
   */
  readonly maxBufferedBytes?: number | undefined;
}

/** What one call can say, beside what fetch knows. */
export interface SignedFetchInit extends RequestInit {
  /** How this one is signed; `false` sends it unsigned. */
  sigv4?: SignOptions | false;
  /** What sends this one. */
  fetch?: typeof globalThis.fetch;
  /** Sign it only if it goes to the origin of this URL, or to one of `hosts`. Default: wherever it goes. */
  baseUrl?: URL | string;
  /** What fetch wants where the body is a stream; TypeScript's own types of fetch lack it. */
  duplex?: 'half';
}

/** A drop-in for `fetch`. */
export type SignedFetch = (input: RequestInfo | URL, init?: SignedFetchInit) => Promise<Response>;

/** As many as the fetch standard allows. */
const MAX_REDIRECTS = 20;

/**
 * A fetch that signs each request to an IAM-protected API, and sends all others as they are. It
 * takes what `fetch` takes and gives what `fetch` gives; a refused request is a Response like any.
 *
 * The returned function throws what `fetch` throws, `SigV4Error` if a request cannot be signed or
 * is redirected to another origin, and the error of the credentials provider.
 *
 * @throws {TypeError} naming the wrong option
 */
export function createSignedFetch(options: SignedFetchOptions = {}): SignedFetch {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('createSignedFetch: expected an object of options');
  }
  const { fetch: given, maxBufferedBytes, ...signerOptions } = options;
  const limit = bufferLimit(maxBufferedBytes);
  if (given !== undefined && typeof given !== 'function') {
    throw new TypeError('createSignedFetch: fetch: expected a function');
  }
  const signer = createSigner({
    ...signerOptions,
    credentials: signerOptions.credentials ?? credentialsOfMachine(),
  });

  return async (input, init) => {
    // The global one at the time of the call: tests and instrumentation replace it.
    const {
      sigv4,
      fetch: fetchNow = given ?? globalThis.fetch,
      baseUrl,
      ...plainInit
    } = init ?? {};
    if (sigv4 === false) return fetchNow(input, plainInit);
    const signOptions = sigv4 && readSignOptions(sigv4);
    const { request, init: rest } = captureCall(requestOf(input), urlOf(input), plainInit, {
      maxBufferedBytes: limit,
      payload: sigv4?.payload ?? signerOptions.payload,
    });
    const { redirect = 'follow', signal } = rest;
    const follow = redirect === 'follow';
    const method = request.method.toUpperCase();
    let last: Response | undefined;
    let redirected = false;
    let isSigned = true;
    const answer = await signer.send(
      request,
      async (signed, unread) => {
        // After a refusal too there is another attempt.
        if (last !== undefined && last.status < 400) redirected = true;
        const large = isLarge(signed, fetchNow) && (await import('./large-body.ts'));
        // A URL, bytes and Headers: what every implementation of fetch, and every stand-in, understands.
        last = await fetchNow(signed.url, {
          ...rest,
          method: signed.method,
          headers: new Headers(signed.headers),
          ...bodyOf(signed, signed.method === method ? (unread as BodyInit | undefined) : undefined),
          ...(large && large.largeBody(signed.body as Uint8Array, signed.headers)),
          redirect: follow ? 'manual' : redirect,
        });
        return last;
      },
      {
        ...signOptions,
        maxRedirects: follow ? MAX_REDIRECTS : 0,
        signal: signal ?? undefined,
        baseUrl,
        pass: () => {
          isSigned = false;
          return fetchNow(input, plainInit);
        },
      },
    );
    if (!isSigned) return answer;
    if (follow && answer.type === 'opaqueredirect') throw hiddenRedirect(request.url);
    if (redirected) (await import('./response-fields.ts')).withFields(answer, { redirected });
    if (!mayBeRejection(answer.status) && signerOptions.signatureIn !== 'query') return answer;
    // Not loaded by those whose calls succeed.
    return (await import('./without-secrets.ts')).withoutSecrets(answer);
  };
}

/** `defaultCredentials()`, loaded only by those who give none of their own. */
function credentialsOfMachine(): CredentialsProvider {
  let loading: Promise<CachedCredentials> | undefined;
  const load = (): Promise<CachedCredentials> => {
    loading ??= import('@sigv4/credentials').then(({ defaultCredentials }) => defaultCredentials());
    return loading;
  };
  const provider: CredentialsProvider = async (options) => (await load())(options);
  return Object.assign(provider, {
    invalidate: async (rejected: { accessKeyId: string }) => (await load()).invalidate(rejected),
  });
}

/** What a stream needs, and bytes do not mind, is `duplex`. */
function bodyOf({ body }: SignedRequest, unread: BodyInit | undefined): RequestInit | undefined {
  if (unread !== undefined) return { body: unread, duplex: 'half' } as RequestInit;
  return body === undefined ? undefined : { body: body as BodyInit };
}

/** More than any API of API Gateway takes. */
const LARGE_BYTES = 16_777_216;

/** Only for the fetch of Node, as which Bun and Deno do not pass: browsers let no script name the length. */
function isLarge({ body }: SignedRequest, fetchNow: typeof globalThis.fetch): boolean {
  return (
    body instanceof Uint8Array &&
    body.byteLength > LARGE_BYTES &&
    fetchNow === globalThis.fetch &&
    globalThis.process?.versions?.['undici'] !== undefined
  );
}

/** At once, since a URL object can change. Browsers resolve a relative one against the page. */
function urlOf(input: RequestInfo | URL): string {
  if (input instanceof URL) return input.href;
  const text = typeof input === 'string' ? input : input.url;
  const base = globalThis.location?.href;
  return base !== undefined && URL.canParse(text, base) ? new URL(text, base).href : text;
}

/** Of any implementation of fetch. */
function requestOf(input: RequestInfo | URL): Request | undefined {
  return typeof input === 'object' && !(input instanceof URL) ? input : undefined;
}
