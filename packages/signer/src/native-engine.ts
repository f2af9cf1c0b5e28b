import { hash } from '#hash';

import { canonicalRequest } from './canonical-request.ts';
import type { SignatureEngine } from './engine.ts';
import { after } from './hash.ts';
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
    sign(input) {
      const { credentials, target, date } = input;
      const canonical = canonicalRequest(input);
      // One after the other: were both to fail, nobody would handle the second rejection.
      return after(keys.get(credentials.secretAccessKey, date.day, target), (key) =>
        after(hash.sha256Hex(canonical), (hashed) => {
          const stringToSign = `${ALGORITHM}\n${date.text}\n${input.scope}\n${hashed}`;
          return after(hash.hmacHex(key, stringToSign), (signature) => ({
            canonicalRequest: canonical,
            stringToSign,
            signature,
          }));
        }),
      );
    },
  };
}
