import { hash } from '#hash';

import { BoundedCache } from './bounded-cache.ts';
import type { Target } from './target.ts';

/** A signing key, as the platform holds it. */
export type SigningKey = Awaited<ReturnType<typeof hash.importKey>>;

/**
 * Derives signing keys and keeps the last ones: a key is good for a day, and four of a
 * signature's HMACs go into it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#derive-signing-key
 */
export class SigningKeys {
  /** One a day, secret and target. */
  readonly #keys = new BoundedCache<Promise<SigningKey>>(64);

  /** @param day `YYYYMMDD` */
  get(secretAccessKey: string, day: string, { region, service }: Target): Promise<SigningKey> {
    return this.#keys.get(`${day}/${region}/${service}/${secretAccessKey}`, () =>
      derive(secretAccessKey, day, region, service),
    );
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
