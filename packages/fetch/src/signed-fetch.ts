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
      // After a refusal too there is another attempt.
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
  // Not loaded by those whose calls succeed.
  return (await import('./without-secrets.ts')).withoutSecrets(answer);
}

/** What a stream needs, and bytes do not mind, is `duplex`. */
function bodyOf({ body }: SignedRequest, unread: BodyInit | undefined): RequestInit | undefined {
  if (unread !== undefined) return { body: unread, duplex: 'half' } as RequestInit;
  return body === undefined ? undefined : { body: body as BodyInit };
}

/** Only for the fetch of Node, as which Bun and Deno do not pass: browsers let no script name the length. */
function isLarge({ body }: SignedRequest, fetchNow: typeof globalThis.fetch): boolean {
  return (
    body instanceof Uint8Array &&
    body.byteLength > LARGE_BYTES &&
    fetchNow === globalThis.fetch &&
    globalThis.process?.versions?.['undici'] !== undefined
  );
}
