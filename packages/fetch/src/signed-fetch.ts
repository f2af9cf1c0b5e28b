import type { CachedCredentials } from '@sigv4/credentials';
import {
  bufferLimit,
  createSigner,
  hiddenRedirect,
  mayBeRefusal,
  readContent,
  type Credentials,
  type CredentialsProvider,
  type SignedRequest,
  type Signer,
  type SignerOptions,
  type SignOptions,
} from '@sigv4/signer';

import { captureCall, readCall, unsignedCall, type CapturedRequest } from './captured-request.ts';
import { sentRequest } from './sent-request.ts';
import { LARGE_BYTES } from './snapshot.ts';

export interface SignedFetchOptions extends Omit<SignerOptions, 'credentials'> {
  /** Default: `defaultCredentials()` of `@sigv4/credentials`. */
  readonly credentials?: Credentials | CredentialsProvider | undefined;
  /** Sends the signed requests. Default: the `fetch` that is global at the time of the call. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * How many bytes of a stream or a Request are read into memory to be signed; `Infinity` for all.
   * Default: 10,485,760 (10 MiB), the most that API Gateway takes. A longer body is an error, except
   * with `payload: 'unsigned'`, which does not read streams.
   */
  readonly maxBufferedBytes?: number | undefined;
}

/** The `init` of fetch, with options for the signature of this one call. */
export interface SignedFetchInit extends RequestInit {
  /** How this call is signed; `false` sends it unsigned. */
  sigv4?: SignOptions | false;
  /** Sends this call, instead of the `fetch` of the options. */
  fetch?: typeof globalThis.fetch;
  /** Sign the call only if it goes to the origin of this URL, or to one of `hosts`. Default: sign it wherever it goes. */
  baseUrl?: URL | string;
  /** fetch requires this if the body is a stream; TypeScript's own types of fetch lack it. */
  duplex?: 'half';
}

/** A drop-in for `fetch`. */
export type SignedFetch = (input: RequestInfo | URL, init?: SignedFetchInit) => Promise<Response>;

/** The fetch standard allows as many. */
const MAX_REDIRECTS = 20;

/**
 * Creates a fetch that signs each request to an IAM-protected API, and sends all others as they
 * are. It takes what `fetch` takes and gives what `fetch` gives; a refused request is a Response
 * like any other. What a call sends is what its arguments were when it was made.
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
  const { fetch: defaultFetch, maxBufferedBytes, ...signerOptions } = options;
  const limit = bufferLimit(maxBufferedBytes);
  if (defaultFetch !== undefined && typeof defaultFetch !== 'function') {
    throw new TypeError('createSignedFetch: fetch: expected a function');
  }
  const signer = createSigner({
    ...signerOptions,
    credentials: signerOptions.credentials ?? credentialsOfMachine(),
  });

  return async (input, init) => {
    const {
      sigv4: given = {},
      // Tests and instrumentation replace the global fetch, so look it up at each call.
      fetch: fetchNow = defaultFetch ?? globalThis.fetch,
      baseUrl: base,
      ...plainInit
    } = { __proto__: null, ...init } as SignedFetchInit;
    if (given === false) return fetchNow(input, plainInit);
    // The caller may change its objects as soon as we wait for something, so copy them before.
    const call = captureCall(input, plainInit);
    const sigv4 = copyOf(given);
    const baseUrl = base && String(base);
    const { url } = call;

    const authorization = call.headers.get('authorization') ?? undefined;
    const reason = await signer.reasonToPass({ url, authorization, baseUrl }, sigv4);
    if (reason !== undefined) {
      return signer.pass(url, reason, () => fetchNow(...unsignedCall(call)));
    }
    if (!signerOptions.allowInsecureHttp && url.startsWith('http:')) {
      // Whoever calls https: does not load this.
      (await import('./direct-connection.ts')).refuseProxied(url, call.init);
    }
    const payload = sigv4.payload ?? signerOptions.payload;
    const captured = await readCall(call, { maxBufferedBytes: limit, payload });
    return sendSigned(signer, fetchNow, captured, sigv4, signerOptions.signatureIn === 'query');
  };
}

/** Anything but an object is left for the signer to refuse. */
function copyOf(options: SignOptions): SignOptions {
  if (typeof options !== 'object' || options === null) return options;
  const { date, signHeaders } = options;
  return {
    ...options,
    ...(date instanceof Date && { date: new Date(date) }),
    ...(Array.isArray(signHeaders) && { signHeaders: [...signHeaders] }),
  };
}

/** Loads `defaultCredentials()` at the first call, so that whoever gives credentials does not. */
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

async function sendSigned(
  signer: Signer,
  fetchNow: typeof globalThis.fetch,
  { request, unread, init, signal, given }: CapturedRequest,
  options: SignOptions,
  signsQuery: boolean,
): Promise<Response> {
  const { redirect = 'follow' } = init;
  const follow = redirect === 'follow';
  const method = request.method.toUpperCase();
  let last: Response | undefined;
  let redirected = false;
  let isHandedOn = false;
  let next = init;
  const sending = signer.send(
    request,
    async (signed) => {
      // Node's fetch would cancel the body of an aborted call in a way that can end the process.
      signal?.throwIfAborted();
      isHandedOn = true;
      // A refusal can have another attempt too, which is no redirect.
      if (last !== undefined && last.status < 400) {
        redirected = true;
        next = (await import('./referrer.ts')).afterRedirect(next, last, signed.url);
      }
      const large = isLarge(signed, fetchNow) && (await import('./large-body.ts'));
      // Every implementation of fetch, and every stand-in for it, understands bytes and Headers.
      const sent: RequestInit = {
        ...next,
        method: signed.method,
        headers: new Headers(signed.headers),
        ...bodyOf(signed, signed.method === method ? unread : undefined),
        ...(large && large.largeBody(signed.body as Uint8Array, signed.headers)),
        redirect: follow ? 'manual' : redirect,
      };
      last = await (given
        ? fetchNow(...sentRequest(given, signed.url, sent))
        : fetchNow(signed.url, sent));
      return last;
    },
    {
      ...options,
      maxRedirects: follow ? MAX_REDIRECTS : 0,
      signal,
      oneShotBody: unread !== undefined && !(unread instanceof Blob),
    },
  );
  const answer = await sending.catch((error: unknown) => {
    // Nobody else ends this stream. Reading it under an aborted signal cancels it with the reason.
    if (unread !== undefined && !isHandedOn) {
      readContent(unread, 0, { signal: AbortSignal.abort(error) }).catch(() => {});
    }
    throw error;
  });
  if (follow && answer.type === 'opaqueredirect') throw hiddenRedirect(String(request.url));
  if (redirected) (await import('./response-fields.ts')).withFields(answer, { redirected });
  if (!mayBeRefusal(answer.status) && !signsQuery) return answer;
  // Whoever's calls succeed does not load this.
  return (await import('./without-secrets.ts')).withoutSecrets(answer);
}

/** fetch requires `duplex` if the body is a stream. */
function bodyOf({ body }: SignedRequest, unread: BodyInit | undefined): RequestInit | undefined {
  if (unread !== undefined) return { body: unread, duplex: 'half' } as RequestInit;
  return body === undefined ? undefined : { body: body as BodyInit };
}

/**
 * Whether a body goes out as a stream with a length. Only Node's own fetch does that: browsers let
 * no script set the length, and Bun and Deno have no undici.
 */
function isLarge({ body }: SignedRequest, fetchNow: typeof globalThis.fetch): boolean {
  return (
    body instanceof Uint8Array &&
    body.byteLength > LARGE_BYTES &&
    fetchNow === globalThis.fetch &&
    globalThis.process?.versions?.['undici'] !== undefined
  );
}
