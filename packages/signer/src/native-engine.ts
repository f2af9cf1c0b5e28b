import { hash } from '#hash';

import { canonicalRequest } from './canonical-request.ts';
import type { SignatureEngine } from './engine.ts';
import { SigningKeys } from './signing-key.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * Our own engine: the platform's hashes, no dependencies, signing keys kept.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function nativeEngine(): SignatureEngine {
  const keys = new SigningKeys();
  return {
    algorithm: ALGORITHM,
    async sign(input) {
      const { credentials, target, date } = input;
      const canonical = canonicalRequest(input);
      const hashing = hash.sha256Hex(canonical);
      const hashed = typeof hashing === 'string' ? hashing : await hashing;
      const stringToSign = `${ALGORITHM}\n${date.text}\n${input.scope}\n${hashed}`;
      const key = await keys.get(credentials.secretAccessKey, date.day, target);
      const signing = hash.hmacHex(key, stringToSign);
      const signature = typeof signing === 'string' ? signing : await signing;
      return { canonicalRequest: canonical, stringToSign, signature };
    },
  };
}
