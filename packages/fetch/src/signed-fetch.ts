import type { MachineCredentials } from '@sigv4/credentials';
import type {
  Credentials,
  CredentialsProvider,
  SignedRequest,
  SignerOptions,
  SignOptions,
} from '@sigv4/signer';
import {
  bufferLimit,
  createSigner,
  emptyRecord,
  field,
  FUNCTION,
  hiddenRedirect,
  mayBeRejection,
  type OptionRules,
  readOptions,
  readSignOptions,
  SIGNER_OPTIONS,
} from '@sigv4/signer/client';

import { CapturedCall } from './captured-call.ts';
import type { sentRequest } from './sent-request.ts';
import { LARGE_BYTES } from './snapshot.ts';

/** The options of {@link createSignedFetch}: those of a signer, and what sends the requests. */
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
export type SignedFetch = (
  input: string | URL | Request,
  init?: SignedFetchInit,
) => Promise<Response>;

/** It is kept, because a program that calls this machine does so often. */
let refuseProxied: ((url: string, init: object) => void) | undefined;

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
 * @example
 * ```ts
 * const signedFetch = createSignedFetch();
 * await signedFetch('https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders');
 * ```
 * @throws {TypeError} naming the wrong option
 */
export function createSignedFetch(options: SignedFetchOptions = {}): SignedFetch {
  const read = readOptions(options, OPTIONS, 'createSignedFetch');
  const { fetch: defaultFetch, maxBufferedBytes, allowInsecureHttp, ...signerOptions } = read;
  const limit = bufferLimit(maxBufferedBytes);
  const signer = createSigner({
    ...signerOptions,
    allowInsecureHttp,
    credentials: signerOptions.credentials ?? credentialsOfMachine(),
  });

  // Its name and number of parameters are those of fetch.
  return async function fetch(input, init = {}) {
    const { sigv4, fetch: ownFetch, baseUrl, ...plainInit } = own(init);
    // Tests and instrumentation replace the global fetch, so look it up at each call.
    const fetchNow = ownFetch ?? defaultFetch ?? globalThis.fetch;
    if (sigv4 === false || input === undefined || input === null) return fetchNow(input, plainInit);
    // The caller may change its objects as soon as we wait for something, so copy them before.
    const sign = sigv4 === undefined ? undefined : readSignOptions(sigv4);
    const payload = sign?.payload ?? signerOptions.payload;
    const call = new CapturedCall(input, plainInit, { maxBufferedBytes: limit, payload });
    const sending = new Sending(call, fetchNow, !allowInsecureHttp);
    let answer: Response;
    try {
      answer = await signer.send(call.request, sending.transport, {
        ...sign,
        maxRedirects: sending.follows ? MAX_REDIRECTS : 0,
        signal: call.signal,
        baseUrl: baseUrl && String(baseUrl),
        pass: sending.pass,
      });
    } catch (error) {
      if (!sending.isHandedOn) await call.abandon(error);
      throw error;
    }
    if (!sending.isSigned) return answer;
    if (sending.follows && answer.type === 'opaqueredirect') throw hiddenRedirect(call.request.url);
    if (sending.isRedirected) {
      (await import('./response-fields.ts')).withFields(answer, { redirected: true });
    }
    const signatureIn = sign?.signatureIn ?? signerOptions.signatureIn;
    if (!mayBeRejection(answer.status) && signatureIn !== 'query') return answer;
    // Whoever's calls succeed does not load this.
    return (await import('./without-secrets.ts')).withoutSecrets(answer);
  };
}

/**
 * What somebody put on `Object.prototype` says nothing of a call. What is inherited otherwise does: a
 * Request can be an `init` too, and has all of its fields so.
 */
function own(init: SignedFetchInit | undefined): SignedFetchInit {
  const read = emptyRecord();
  for (const name in init) read[name] = field(init, name) as string;
  return read;
}

export const OPTIONS: OptionRules<SignedFetchOptions> = {
  ...SIGNER_OPTIONS,
  fetch: FUNCTION,
  // Checked with words of its own.
  maxBufferedBytes: { expected: 'a number of bytes', holds: () => true },
};

/** Loads `defaultCredentials()` at the first call, so that whoever gives credentials does not. */
function credentialsOfMachine(): CredentialsProvider {
  let loaded: MachineCredentials | undefined;
  const load = async (): Promise<MachineCredentials> => {
    const { defaultCredentials } = await import('@sigv4/credentials');
    loaded ??= defaultCredentials();
    return loaded;
  };
  const provider: CredentialsProvider = async (options) => (await load())(options);
  return Object.assign(provider, {
    invalidate: async (rejected: { accessKeyId: string }) => (await load()).invalidate(rejected),
    atHand: () => loaded?.atHand(),
    region: async () => (await load()).region(),
  });
}

/** It is kept, because to ask for a loaded module again takes as long as a signature. */
let asRequest: typeof sentRequest | undefined;

/** How a call is put on the wire, once or more often. */
class Sending {
  readonly follows: boolean;
  isSigned = true;
  isHandedOn = false;
  isRedirected = false;
  readonly #call: CapturedCall;
  readonly #fetch: typeof globalThis.fetch;
  readonly #refusesProxy: boolean;
  #init: RequestInit;
  #last: Response | undefined;

  /** @param refusesProxy whether http: through a proxy is refused */
  constructor(call: CapturedCall, fetchNow: typeof globalThis.fetch, refusesProxy: boolean) {
    this.#call = call;
    this.#fetch = fetchNow;
    this.#refusesProxy = refusesProxy;
    this.#init = call.init;
    this.follows = (call.init.redirect ?? 'follow') === 'follow';
  }

  readonly pass = (): Promise<Response> => {
    this.isSigned = false;
    const send = this.#fetch;
    return send(...this.#call.unsigned());
  };

  readonly transport = async (signed: SignedRequest, unread?: object): Promise<Response> => {
    const { signal, given } = this.#call;
    if (this.#refusesProxy && signed.url.startsWith('http:')) {
      refuseProxied ??= (await import('./direct-connection.ts')).refuseProxied;
      refuseProxied(signed.url, this.#init);
    }
    // Node's fetch would cancel the body of an aborted call in a way that can end the process.
    signal?.throwIfAborted();
    this.isHandedOn = true;
    // A refusal can have another attempt too, which is no redirect.
    if (this.#last !== undefined && this.#last.status < 400) {
      this.isRedirected = true;
      const { afterRedirect } = await import('./referrer.ts');
      this.#init = afterRedirect(this.#init, this.#last, signed.url);
    }
    // Every implementation of fetch, and every stand-in for it, understands bytes and Headers.
    const init: RequestInit = {
      ...this.#init,
      method: signed.method,
      headers: new Headers(signed.headers),
    };
    if (this.follows) init.redirect = 'manual';
    if (unread !== undefined) {
      // fetch requires `duplex` if the body is a stream.
      Object.assign(init, { body: unread, duplex: 'half' });
    } else if (signed.body !== undefined) {
      init.body = signed.body as BodyInit;
      if (isLarge(signed.body, this.#fetch)) {
        const { largeBody } = await import('./large-body.ts');
        Object.assign(init, largeBody(signed.body as Uint8Array, signed.headers));
      }
    }
    const send = this.#fetch;
    // Jest's jsdom has no Request, although tests put a `fetch` there.
    if (given !== undefined && given instanceof Request) {
      asRequest ??= (await import('./sent-request.ts')).sentRequest;
      this.#last = await send(...asRequest(given, signed.url, init));
    } else this.#last = await send(signed.url, init);
    return this.#last;
  };
}

/**
 * Whether a body goes out as a stream with a length. Only Node's own fetch does that: browsers let
 * no script set the length, and Bun and Deno have no undici.
 */
function isLarge(body: Uint8Array | string, fetchNow: typeof globalThis.fetch): boolean {
  return (
    body instanceof Uint8Array &&
    body.byteLength > LARGE_BYTES &&
    fetchNow === globalThis.fetch &&
    globalThis.process?.versions?.['undici'] !== undefined
  );
}
