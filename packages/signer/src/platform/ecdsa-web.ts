import { pkcs8, type Ecdsa } from './ecdsa.ts';
import { subtle } from './web-crypto.ts';

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };

/** The ECDSA of WebCrypto. */
export const ecdsa: Ecdsa<CryptoKey> = {
  importKey: async (scalar) => subtle().importKey('pkcs8', pkcs8(scalar), CURVE, false, ['sign']),
  sign: async (key, data) => {
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
    const pair = await subtle().sign(algorithm, key, new TextEncoder().encode(data));
    return der(new Uint8Array(pair));
  },
};

/** WebCrypto gives r and s, 32 bytes each; AWS wants them as ASN.1 (RFC 3279 2.2.3). */
function der(pair: Uint8Array): string {
  const integers = [...integer(pair.subarray(0, 32)), ...integer(pair.subarray(32))];
  return [0x30, integers.length, ...integers]
    .map((octet) => octet.toString(16).padStart(2, '0'))
    .join('');
}

/** Drops leading zeros, but puts one before a first bit that would mean a negative number. */
function integer(octets: Uint8Array): number[] {
  const start = octets.findIndex((octet) => octet !== 0);
  const value = start === -1 ? [0] : [...octets.subarray(start)];
  if ((value[0] ?? 0) >= 0x80) value.unshift(0);
  return [0x02, value.length, ...value];
}
