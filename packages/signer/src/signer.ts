import type { Answer } from './rejection/answer.ts';
import { NO_OPTIONS, readSignOptions, type SignerOptions, type SignOptions } from './options.ts';
import {
  captureRequest,
  type CapturedRequest,
  type SignableRequest,
  type SignedRequest,
} from './request/request.ts';
import { isUrl, urlText } from './request/url.ts';
import type { SendOptions, Transport } from './send/attempt.ts';
import { send } from './send/send.ts';
import { Signing } from './send/signing.ts';

/** The options of one presigned URL. `expiresIn` is 900 by default. */
export type PresignOptions = Omit<SignOptions, 'signatureIn'>;

/** Signs requests, and sends them through whatever client carries them. */
export interface Signer {
  /**
   * Signs a request as it is, whatever its host. The caller's request stays unchanged, and is read
   * while `sign` is called; only its bytes, which are not copied, must not change until it is sent.
   *
   * @throws {TypeError} a wrong method, header or option
   * @throws {SigV4Error} a URL, body, region or credentials that cannot be signed; the error of
   *   the credentials provider is thrown as it is
   */
  sign(request: SignableRequest, options?: SignOptions): Promise<SignedRequest>;

  /**
   * A URL that lets whoever has it make this one request until it expires: as a link, for an
   * upload, or to open a WebSocket (`wss:`). A string or URL means GET. Headers that the request
   * names are signed by the same rules as ever and must be sent with it.
   *
   * A URL that bears a signature of SigV4 already gets a new one in its place.
   *
   * @param options `expiresIn` in seconds, 1 to 604,800; default: `X-Amz-Expires` of the URL, else
   *   900. It ends with the session that signed it, if that is earlier; the `shortened` event tells.
   * @throws as {@link Signer.sign}
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
   */
  presign(request: SignableRequest | URL | string, options?: PresignOptions): Promise<URL>;

  /**
   * The time by which this signer signs for the origin of a URL, in ms since the epoch: its clock, and
   * what it learned there. `presignPost` and `signChunkedUpload` take it as their `now`.
   */
  readonly now: (url: URL | string) => number;

  /**
   * Signs a request, has `transport` send it, and looks at the answer: after a rejection for a
   * skewed clock or a refused token it signs anew and sends once more. Redirects within the
   * origin are followed, each signed anew, up to `maxRedirects`. With `pass`, a request that is not
   * one of those to be signed (by `hosts`, `service` and `region`) is sent by that instead, and the
   * `passed` event tells why.
   *
   * @returns the last answer, untouched
   * @throws as {@link Signer.sign}, and whatever `transport` throws
   * @throws {SigV4Error} ERR_SIGV4_REDIRECT
   */
  send<A extends Answer>(
    request: SignableRequest | CapturedRequest,
    transport: Transport<A>,
    options?: SendOptions<A>,
  ): Promise<A>;
}

const PRESIGNED_SCHEMES = ['https:', 'http:', 'wss:', 'ws:'];

/**
 * A signer with its options, its signing keys and what it learned of each origin. Make one for each
 * set of credentials and keep it.
 *
 * @example
 * ```ts
 * const signer = createSigner({ credentials: defaultCredentials() });
 * const link = await signer.presign('https://my-bucket.s3.eu-west-1.amazonaws.com/report.pdf');
 * ```
 * @throws {TypeError} naming the wrong option
 */
export function createSigner(signerOptions: SignerOptions): Signer {
  const signing = new Signing(signerOptions);

  async function sign(
    request: SignableRequest,
    options: SignOptions,
    schemes?: readonly string[],
    ofLink?: number,
  ): Promise<SignedRequest> {
    // Read all of it before anything is awaited: what the caller changes later must not be signed.
    const signOptions = readSignOptions(options);
    const captured = captureRequest(request);
    const body = captured.body as Uint8Array | string | undefined;
    const endpoint = signing.endpointOf(captured.url, schemes);
    const given = signing.credentials.atHand();
    const placed = signing.place(endpoint, signOptions);
    const placement = 'then' in placed ? await placed : placed;
    const payloadHash = await signing.payloadHash(captured, body, placement, signOptions);
    const prepared = signing.prepare(captured, body, payloadHash, endpoint, placement, signOptions);
    const credentials = given ?? (await signing.credentials.get());
    return signing.sign(prepared, endpoint, credentials, signOptions, ofLink);
  }

  return {
    sign: (request, signOptions = NO_OPTIONS) => sign(request, signOptions),
    async presign(request, presignOptions = NO_OPTIONS) {
      const asked =
        typeof request === 'string' || isUrl(request) ? { method: 'GET', url: request } : request;
      const options: SignOptions = { signatureIn: 'query', ...readSignOptions(presignOptions) };
      return new URL((await sign(asked, options, PRESIGNED_SCHEMES, 900)).url);
    },
    now: (url) => signing.now() + (signing.endpoints.known(urlText(url))?.clockOffset ?? 0),
    send: (request, transport, sendOptions = NO_OPTIONS) =>
      send(request, transport, signing, sendOptions),
  };
}
