import { hash } from '#hash';

import type { Target } from './target.ts';

/** A signing key, as the platform holds it. */
export type SigningKey = Awaited<ReturnType<typeof hash.importKey>>;

/** How many keys are kept: one a day, secret and target. */
const CAPACITY = 64;

/**
 * Derives signing keys and keeps the last ones: a key is good for a day, and four of a
 * signature's HMACs go into it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#derive-signing-key
 */
export class SigningKeys {
  readonly #keys = new Map<string, Promise<SigningKey>>();

  /** @param day `YYYYMMDD` */
  get(secretAccessKey: string, day: string, { region, service }: Target): Promise<SigningKey> {
    const id = `${day}/${region}/${service}/${secretAccessKey}`;
    const known = this.#keys.get(id);
    if (known !== undefined) return known;
    const oldest = this.#keys.keys().next();
    if (this.#keys.size >= CAPACITY && !oldest.done) this.#keys.delete(oldest.value);
    const key = derive(secretAccessKey, day, region, service);
    this.#keys.set(id, key);
    return key;
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
