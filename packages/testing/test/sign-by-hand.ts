import {
  createECDH,
  createHash,
  createHmac,
  createPrivateKey,
  sign,
  type KeyObject,
} from 'node:crypto';

import type { RawRequest } from '@sigv4/testing';

/*
 * A signer of the tests' own, written as the AWS documents tell it and as plainly as can be. It
 * signs only what needs no canonicalisation: who uses it hands it the canonical parts as they are.
 */

export const DATE = '20260102T030405Z';
export const NOW: number = Date.UTC(2026, 0, 2, 3, 4, 5);

export interface Signing {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
  readonly algorithm?: 'AWS4-HMAC-SHA256' | 'AWS4-ECDSA-P256-SHA256';
}

export function hash(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Uint8Array | string, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

export function scopeOf({ region, service, algorithm }: Signing): string {
  const day = DATE.slice(0, 8);
  return algorithm === 'AWS4-ECDSA-P256-SHA256'
    ? `${day}/${service}/aws4_request`
    : `${day}/${region}/${service}/aws4_request`;
}

export function signText(text: string, signing: Signing): string {
  if (signing.algorithm === 'AWS4-ECDSA-P256-SHA256')
    return sign('sha256', Buffer.from(text), ecdsaKey(signing)).toString('hex');
  const key = scopeOf(signing)
    .split('/')
    .reduce<Uint8Array | string>(hmac, `AWS4${signing.secretAccessKey}`);
  return hmac(key, text).toString('hex');
}

/** @param canonical the lines of the canonical request */
export function signCanonical(canonical: readonly string[], signing: Signing): string {
  const { algorithm = 'AWS4-HMAC-SHA256' } = signing;
  const digest = hash(canonical.join('\n'));
  return signText([algorithm, DATE, scopeOf(signing), digest].join('\n'), signing);
}

/** Signs a request with a header, whose path, query and headers are canonical already. */
export function signHeaders(
  request: RawRequest,
  signing: Signing,
  { canonicalHeaders, payload }: { canonicalHeaders: Record<string, string>; payload: string },
): { request: RawRequest; signature: string } {
  const [path = '', query = ''] = request.target.split('?');
  const names = Object.keys(canonicalHeaders).toSorted();
  const signature = signCanonical(
    [
      request.method,
      path,
      query,
      ...names.map((name) => `${name}:${canonicalHeaders[name]}`),
      '',
      names.join(';'),
      payload,
    ],
    signing,
  );
  const { algorithm = 'AWS4-HMAC-SHA256', accessKeyId } = signing;
  const authorization = `${algorithm} Credential=${accessKeyId}/${scopeOf(signing)}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return {
    signature,
    request: {
      ...request,
      rawHeaders: [...request.rawHeaders, ['Authorization', authorization]],
    },
  };
}

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** "Deriving a signing key for SigV4a": a counter of the key derivation, then the candidate + 1. */
function ecdsaKey({ accessKeyId, secretAccessKey }: Signing): KeyObject {
  for (let counter = 1; counter < 255; counter += 1) {
    const fixed = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from('AWS4-ECDSA-P256-SHA256\0'),
      Buffer.from(accessKeyId),
      Buffer.from([counter, 0, 0, 1, 0]),
    ]);
    const candidate = BigInt(
      `0x${createHmac('sha256', `AWS4A${secretAccessKey}`).update(fixed).digest('hex')}`,
    );
    if (candidate > ORDER - 2n) continue;
    const d = Buffer.from((candidate + 1n).toString(16).padStart(64, '0'), 'hex');
    const ecdh = createECDH('prime256v1');
    ecdh.setPrivateKey(d);
    const point = ecdh.getPublicKey();
    return createPrivateKey({
      format: 'jwk',
      key: {
        kty: 'EC',
        crv: 'P-256',
        d: d.toString('base64url'),
        x: point.subarray(1, 33).toString('base64url'),
        y: point.subarray(33).toString('base64url'),
      },
    });
  }
  throw new Error('no key');
}
