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
      // Node hashes at once: to wait for what is there would take as long as a hash.
      const found = keys.get(credentials, date.day, target);
      const key = 'then' in found ? await found : found;
      const hashing = hash.sha256Hex(canonicalRequest);
      const hashed = typeof hashing === 'string' ? hashing : await hashing;
      const stringToSign = `${ALGORITHM}\n${date.text}\n${scope}\n${hashed}`;
      const signing = hash.hmacHex(key, stringToSign);
      const signature = typeof signing === 'string' ? signing : await signing;
      return { canonicalRequest, stringToSign, signature };
    },
  };
}
