import { SigV4Error } from '../errors.ts';

/**
 * The WebCrypto of this runtime. It is read at each use, because a polyfill may come later.
 *
 * @throws {SigV4Error} ERR_SIGV4_CRYPTO if there is none
 */
export function subtle(): SubtleCrypto {
  const { crypto } = globalThis as { readonly crypto?: Partial<Crypto> };
  const found = crypto?.subtle;
  if (found !== undefined) return found;
  throw new SigV4Error(
    'ERR_SIGV4_CRYPTO',
    'crypto: this runtime has no WebCrypto (globalThis.crypto.subtle). Browsers have it in secure contexts only, so open the page over https: or on localhost. In React Native install a polyfill, such as react-native-quick-crypto, before the first request',
  );
}
