import type { CachedCredentials } from '@sigv4/credentials';
import type {
  Credentials,
  CredentialsProvider,
  SignedRequest,
  Signer,
  SignerOptions,
  SignOptions,
} from '@sigv4/signer';
import {
  bufferLimit,
  createSigner,
  FUNCTION,
  hiddenRedirect,
  mayBeRejection,
  type OptionRules,
  readOptions,
  readSignOptions,
  SIGNER_OPTIONS,
} from '@sigv4/signer/client';

import { captureCall, type CapturedCall } from './captured-call.ts';
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
  const own = readOptions(options, OPTIONS, 'createSignedFetch');
  const { fetch: defaultFetch, maxBufferedBytes, allowInsecureHttp, ...signerOptions } = own;
  const limit = bufferLimit(maxBufferedBytes);
  const signer = createSigner({
    ...signerOptions,
    allowInsecureHttp,
    credentials: signerOptions.credentials ?? credentialsOfMachine(),
  });
  const refuseProxy = !allowInsecureHttp;
  const signsQuery = signerOptions.signatureIn === 'query';

  return async (input, init) => {
    const {
      sigv4,
      // Tests and instrumentation replace the global fetch, so look it up at each call.
      fetch: fetchNow = defaultFetch ?? globalThis.fetch,
      baseUrl,
      ...plainInit
    } = { __proto__: null, ...init } as SignedFetchInit;
    if (sigv4 === false) return fetchNow(input, plainInit);
    // The caller may change its objects as soon as we wait for something, so copy them before.
    const sign = sigv4 === undefined ? undefined : readSignOptions(sigv4);
    const payload = sign?.payload ?? signerOptions.payload;
    const call = captureCall(input, plainInit, { maxBufferedBytes: limit, payload });
    const base = baseUrl && String(baseUrl);
    return sendCall(signer, fetchNow, call, sign, { baseUrl: base, refuseProxy, signsQuery });
  };
}

const OPTIONS: OptionRules<SignedFetchOptions> = {
  ...SIGNER_OPTIONS,
  fetch: FUNCTION,
  // Checked with words of its own.
  maxBufferedBytes: { expected: 'a number of bytes', holds: () => true },
};

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

/** What of the options counts when a call is sent. */
interface Sending {
  readonly baseUrl: string | undefined;
  /** Whether http: through a proxy is refused. */
  readonly refuseProxy: boolean;
  readonly signsQuery: boolean;
}

async function sendCall(
  signer: Signer,
  fetchNow: typeof globalThis.fetch,
  { request, init, signal, given, unsigned, abandon }: CapturedCall,
  options: SignOptions | undefined,
  { baseUrl, refuseProxy, signsQuery }: Sending,
): Promise<Response> {
  const { redirect = 'follow' } = init;
  const follow = redirect === 'follow';
  let last: Response | undefined;
  let redirected = false;
  let isSigned = true;
  let isHandedOn = false;
  let next = init;

  const transport = async (signed: SignedRequest, unread?: object): Promise<Response> => {
    // Node's fetch would cancel the body of an aborted call in a way that can end the process.
    signal?.throwIfAborted();
    if (refuseProxy && signed.url.startsWith('http:')) {
      // Whoever calls https: does not load this.
      (await import('./direct-connection.ts')).refuseProxied(signed.url, init);
    }
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
      ...bodyOf(signed, unread as BodyInit | undefined),
      ...(large && large.largeBody(signed.body as Uint8Array, signed.headers)),
      redirect: follow ? 'manual' : redirect,
    };
    last = await (given
      ? fetchNow(...sentRequest(given, signed.url, sent))
      : fetchNow(signed.url, sent));
    return last;
  };

  const sending = signer.send(request, transport, {
    ...options,
    maxRedirects: follow ? MAX_REDIRECTS : 0,
    signal,
    baseUrl,
    pass() {
      isSigned = false;
      return fetchNow(...unsigned());
    },
  });
  const answer = await sending.catch(async (error: unknown) => {
    if (!isHandedOn) await abandon(error);
    throw error;
  });
  if (!isSigned) return answer;
  if (follow && answer.type === 'opaqueredirect') throw hiddenRedirect(request.url);
  if (redirected) (await import('./response-fields.ts')).withFields(answer, { redirected });
  if (!mayBeRejection(answer.status) && !signsQuery) return answer;
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
