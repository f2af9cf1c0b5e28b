import { defaultCredentials } from '@sigv4/credentials';
import type { Credentials, CredentialsProvider, SignerOptions, SignOptions } from '@sigv4/signer';
import {
  bufferLimit,
  createSigner,
  field,
  type OptionRules,
  readOptions,
  SIGNER_OPTIONS,
} from '@sigv4/signer/client';
import type { InternalAxiosRequestConfig } from 'axios';

import { isSigningAdapter, signingAdapter } from './signing-adapter.ts';

/** The options of {@link sigv4Interceptor}: those of a signer, and how much of a stream is read. */
export interface SigV4InterceptorOptions extends Omit<SignerOptions, 'credentials'> {
  /** Default: `defaultCredentials()` of `@sigv4/credentials`. */
  readonly credentials?: Credentials | CredentialsProvider | undefined;
  /**
   * How many bytes of a stream are read into memory to be signed; `Infinity` for all. Default:
   * 10,485,760 (10 MiB), the most that API Gateway takes. More is an error, but with
   * `payload: 'unsigned'`, where streams are not read.
   */
  readonly maxBufferedBytes?: number | undefined;
}

/**
 * A request interceptor that has each request to an IAM-protected API signed, and leaves all
 * others alone: `api.interceptors.request.use(sigv4Interceptor(), null, { synchronous: true })`.
 *
 * It replaces the adapter of the request at hand, since only there all interceptors and
 * transforms have run and the bytes to sign are known. The instance, and the config in
 * responses and errors, keep the adapter they had.
 *
 * One call's own options go into `config.sigv4`, or `false` to send it unsigned.
 *
 * A refused request is rejected by axios as always; the error then bears `sigv4`, the reason in
 * plain words. A request that cannot be signed is rejected with a `SigV4Error`, a `TypeError` or
 * the error of the credentials provider.
 *
 * @example
 * ```ts
 * const orders = axios.create({ baseURL: 'https://abc123.execute-api.eu-west-1.amazonaws.com/prod' });
 * orders.interceptors.request.use(sigv4Interceptor());
 * await orders.get('/orders');
 * ```
 * @throws {TypeError} naming the wrong option
 */
export function sigv4Interceptor(
  options: SigV4InterceptorOptions = {},
): <Config extends object>(config: Config) => Config {
  const own = readOptions(options, OPTIONS, 'sigv4Interceptor');
  const { maxBufferedBytes, ...signerOptions } = own;
  const limit = bufferLimit(maxBufferedBytes);
  const signer = createSigner({
    ...signerOptions,
    credentials: own.credentials ?? defaultCredentials(),
  });
  return (given) => {
    const config = given as InternalAxiosRequestConfig;
    const sigv4 = field(config, 'sigv4') as SignOptions | false | undefined;
    const adapter = field(config, 'adapter') as typeof config.adapter;
    // If there are two interceptors, the last registered signs: axios runs it first.
    if (sigv4 !== false && !isSigningAdapter(adapter)) {
      const ofCall = sigv4 && (field(sigv4, 'payload') as SignOptions['payload']);
      config.adapter = signingAdapter(adapter, {
        signer,
        options: sigv4,
        // A call with options of its own is signed wherever it goes.
        onlyBaseOrigin: sigv4 === undefined,
        allowsProxies: own.allowInsecureHttp === true,
        bodyOptions: { maxBufferedBytes: limit, payload: ofCall ?? own.payload },
      });
    }
    return given;
  };
}

const OPTIONS: OptionRules<SigV4InterceptorOptions> = {
  ...SIGNER_OPTIONS,
  // Checked with words of its own.
  maxBufferedBytes: { expected: 'a number of bytes', holds: () => true },
};
