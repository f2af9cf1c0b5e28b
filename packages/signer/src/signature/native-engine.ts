import { hash } from '#hash';

import type { SignatureEngine } from './engine.ts';
import { SigningKeys } from './signing-key.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * Our own engine. It uses the platform's hashes, has no dependencies, and keeps signing keys.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function nativeEngine(keys: SigningKeys = new SigningKeys()): SignatureEngine {
  return {
    algorithm: ALGORITHM,
    async sign({ canonicalRequest, credentials, target, date, scope }) {
      const key = await keys.get(credentials, date.day, target);
      const hashing = hash.sha256Hex(canonicalRequest);
      const hashed = typeof hashing === 'string' ? hashing : await hashing;
      const stringToSign = `${ALGORITHM}\n${date.text}\n${scope}\n${hashed}`;
      const signature = await hash.hmacHex(key, stringToSign);
      return { canonicalRequest, stringToSign, signature };
    },
  };
}
