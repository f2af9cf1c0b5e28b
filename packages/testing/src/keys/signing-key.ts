import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';

/** @param scope `YYYYMMDD/region/service/aws4_request` */
export function isSignature(
  secretAccessKey: string,
  scope: string,
  stringToSign: string,
  signature: string,
): boolean {
  const key = signingKey(secretAccessKey, scope);
  const expected = createHmac('sha256', key).update(stringToSign).digest();
  return (
    /^[0-9a-f]{64}$/.test(signature) && timingSafeEqual(Buffer.from(signature, 'hex'), expected)
  );
}

/** A signing key holds for a day, and deriving one takes five times as long as a signature. */
const signingKeys = new Map<string, KeyObject>();

function signingKey(secretAccessKey: string, scope: string): KeyObject {
  const name = `${scope} ${secretAccessKey}`;
  const known = signingKeys.get(name);
  if (known) return known;
  const bytes = scope
    .split('/')
    .reduce<string | Buffer>(
      (key, part) => createHmac('sha256', key).update(part).digest(),
      `AWS4${secretAccessKey}`,
    );
  const key = createSecretKey(Buffer.from(bytes as Buffer));
  if (signingKeys.size >= 100) signingKeys.clear();
  signingKeys.set(name, key);
  return key;
}
