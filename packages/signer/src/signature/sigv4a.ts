import { ecdsa } from '#ecdsa';
import { hash } from '#hash';

import { BoundedCache } from '../platform/bounded-cache.ts';
import type { SignatureEngine } from './engine.ts';

const ALGORITHM = 'AWS4-ECDSA-P256-SHA256';

type SigningKey = Awaited<ReturnType<typeof ecdsa.importKey>>;

/**
 * An engine for Signature Version 4a, whose signatures are good in every region of a region set:
 * `us-east-1,eu-west-1`, or `*` for all. ECDSA on P-256 by the platform's own cryptography.
 *
 * `algorithm: 'sigv4a'` loads it by itself; import it where a bundle is not split.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html#how-sigv4a-works
 */
export function sigv4aEngine(): SignatureEngine {
  const keys = new BoundedCache<Promise<SigningKey>>(16);
  return {
    algorithm: ALGORITHM,
    hasRegionSet: true,
    async sign(input) {
      const { accessKeyId, secretAccessKey } = input.credentials;
      const { canonicalRequest } = input;
      const stringToSign = `${ALGORITHM}\n${input.date.text}\n${input.scope}\n${await hash.sha256Hex(canonicalRequest)}`;
      const key = await keys.get(`${accessKeyId}/${secretAccessKey}`, async () =>
        ecdsa.importKey(await derivePrivateKey(accessKeyId, secretAccessKey)),
      );
      const signature = await ecdsa.sign(key, stringToSign);
      return { canonicalRequest, stringToSign, signature };
    },
  };
}

/** The order of P-256, less two (FIPS 186-4, D.1.2.3). */
const N_MINUS_TWO = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254fn;

/**
 * The private key of an access key: NIST SP 800-108's key derivation in counter mode with
 * HMAC-SHA-256, tried again with the next counter if it is no scalar of the curve (about once in
 * 2^32 keys).
 *
 * @returns 32 bytes
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html#how-sigv4a-works
 */
export async function derivePrivateKey(
  accessKeyId: string,
  secretAccessKey: string,
): Promise<Uint8Array> {
  for (let counter = 1; counter < 255; counter += 1) {
    const context = `\u0000\u0000\u0000\u0001${ALGORITHM}\u0000${accessKeyId}`;
    const fixedInput = new Uint8Array([...new TextEncoder().encode(context), counter, 0, 0, 1, 0]);
    const candidate = bigint(await hash.hmac(`AWS4A${secretAccessKey}`, fixedInput));
    if (candidate <= N_MINUS_TWO) return bytes(candidate + 1n);
  }
  throw new Error('no SigV4a key can be derived from these credentials');
}

function bigint(octets: Uint8Array): bigint {
  let value = 0n;
  for (const octet of octets) value = value * 256n + BigInt(octet);
  return value;
}

function bytes(value: bigint): Uint8Array {
  const hex = value.toString(16).padStart(64, '0');
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}
