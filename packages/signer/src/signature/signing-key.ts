import { hash } from '#hash';

import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Awaitable } from '../platform/hash.ts';
import type { Target } from '../target/host-target.ts';

/** A signing key, as the platform holds it. */
export type SigningKey = Awaited<ReturnType<typeof hash.importKey>>;

/**
 * Derives signing keys and keeps the last ones: a key is good for a day, and four of a
 * signature's HMACs go into it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#derive-signing-key
 */
export class SigningKeys {
  /** Keyed by day, region, service and secret. */
  readonly #keys = new BoundedCache<Awaitable<SigningKey>>(64);

  /** @param day `YYYYMMDD` */
  get(secret: string, day: string, { region, service }: Target): Awaitable<SigningKey> {
    const name = `${day}/${region}/${service}/${secret}`;
    return this.#keys.get(name, () => {
      const deriving = derive(secret, day, region, service);
      // A key that could not be derived (no WebCrypto yet) is derived anew by the next request.
      deriving.catch(() => this.#keys.delete(name));
      return deriving;
    });
  }
}

async function derive(
  secret: string,
  day: string,
  region: string,
  service: string,
): Promise<SigningKey> {
  const ofDay = await hash.hmac(`AWS4${secret}`, day);
  const ofRegion = await hash.hmac(ofDay, region);
  const ofService = await hash.hmac(ofRegion, service);
  return hash.importKey(await hash.hmac(ofService, 'aws4_request'));
}
