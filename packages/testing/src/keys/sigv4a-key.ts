import { createECDH, createHmac, createPublicKey, verify, type KeyObject } from 'node:crypto';

/*
 * Written from "How AWS SigV4a works" in the IAM User Guide and NIST SP 800-108, not from the signer.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html#how-sigv4a-works
 */

const LABEL = 'AWS4-ECDSA-P256-SHA256';
const CURVE = 'prime256v1';
const ORDER = Buffer.from(
  'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  'hex',
);

/** The public key that belongs to an access key: all that it takes to verify its SigV4a signatures. */
export function sigv4aPublicKey(accessKeyId: string, secretAccessKey: string): KeyObject {
  const ecdh = createECDH(CURVE);
  ecdh.setPrivateKey(privateKey(accessKeyId, secretAccessKey));
  const point = ecdh.getPublicKey();
  return createPublicKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    },
  });
}

function privateKey(accessKeyId: string, secretAccessKey: string): Buffer {
  const limit = minusTwo(ORDER);
  for (let counter = 1; counter <= 254; counter += 1) {
    const candidate = createHmac('sha256', `AWS4A${secretAccessKey}`)
      .update(Buffer.from([0, 0, 0, 1]))
      .update(LABEL)
      .update(Buffer.from([0]))
      .update(accessKeyId)
      .update(Buffer.from([counter]))
      .update(Buffer.from([0, 0, 1, 0]))
      .digest();
    if (Buffer.compare(candidate, limit) <= 0) return plusOne(candidate);
  }
  throw new Error('no key can be derived');
}

function minusTwo(value: Buffer): Buffer {
  const copy = Buffer.from(value);
  // The order ends in 0x51: nothing is borrowed.
  copy[31] = (copy[31] ?? 0) - 2;
  return copy;
}

function plusOne(value: Buffer): Buffer {
  const copy = Buffer.from(value);
  for (let at = 31; at >= 0; at -= 1) {
    copy[at] = ((copy[at] ?? 0) + 1) % 256;
    if (copy[at] !== 0) return copy;
  }
  return copy;
}

/** It takes far longer to derive a key pair than to verify a signature. */
const publicKeys = new Map<string, KeyObject>();

function publicKey(accessKeyId: string, secretAccessKey: string): KeyObject {
  const name = `${accessKeyId} ${secretAccessKey}`;
  const key = publicKeys.get(name) ?? sigv4aPublicKey(accessKeyId, secretAccessKey);
  if (publicKeys.size >= 100) publicKeys.clear();
  publicKeys.set(name, key);
  return key;
}

/** @param signature DER, in hexadecimal */
export function isSigv4aSignature(
  accessKeyId: string,
  secretAccessKey: string,
  stringToSign: string,
  signature: string,
): boolean {
  if (!/^(?:[0-9a-f]{2}){8,72}$/.test(signature)) return false;
  const key = publicKey(accessKeyId, secretAccessKey);
  return verify('sha256', Buffer.from(stringToSign), key, Buffer.from(signature, 'hex'));
}
