import type { Awaitable } from './hash.ts';

/** A platform's ECDSA on P-256 with SHA-256. `#ecdsa` is the one for this platform. */
export interface Ecdsa<Key = unknown> {
  /** @param scalar the private key, 32 bytes */
  importKey(scalar: Uint8Array): Awaitable<Key>;
  /** The signature of a text: DER, in lower-case hexadecimal. */
  sign(key: Key, data: string): Awaitable<string>;
}

/** A private key of P-256 in PKCS #8 (RFC 5208, RFC 5915), without its public part. */
export function pkcs8(scalar: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array([...PKCS8_OF_P256, ...scalar]);
}

/** Version 0; id-ecPublicKey, prime256v1; ECPrivateKey version 1 with an octet string of 32 bytes. */
const PKCS8_OF_P256 = [
  0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
  0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01,
  0x01, 0x04, 0x20,
];
