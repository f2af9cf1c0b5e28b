import { hash } from '#hash';

import { BoundedCache } from './bounded-cache.ts';
import { after, type Awaitable } from './hash.ts';
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
  readonly #keys = new BoundedCache<Awaitable<SigningKey>>(64);
  /** Most requests need the one before's; looking it up by its long name takes longer. */
  #last: { secret: string; day: string; target: Target; key: Awaitable<SigningKey> } | undefined;

  /** @param day `YYYYMMDD` */
  get(secret: string, day: string, target: Target): Awaitable<SigningKey> {
    const { region, service } = target;
    if (
      this.#last?.secret === secret &&
      this.#last.day === day &&
      this.#last.target.region === region &&
      this.#last.target.service === service
    ) {
      return this.#last.key;
    }
    const key = this.#keys.get(`${day}/${region}/${service}/${secret}`, () =>
      derive(secret, day, region, service),
    );
    this.#last = { secret, day, target, key };
    return key;
  }
}

function derive(
  secret: string,
  day: string,
  region: string,
  service: string,
): Awaitable<SigningKey> {
  const parts = [day, region, service, 'aws4_request'];
  const raw = parts.reduce<Awaitable<Uint8Array | string>>(
    (key, part) => after(key, (known) => hash.hmac(known, part)),
    `AWS4${secret}`,
  );
  return after(raw, (key) => hash.importKey(key as Uint8Array));
}
