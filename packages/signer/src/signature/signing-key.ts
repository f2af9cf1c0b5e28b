import { hash } from '#hash';

import type { Credentials } from '../credentials/credentials.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Awaitable } from '../platform/hash.ts';
import type { Target } from '../target/target.ts';

/** A signing key, as the platform holds it. */
export type SigningKey = Awaited<ReturnType<typeof hash.importKey>>;

/** A key, or the promise of it while it is derived. */
interface Entry {
  key: Awaitable<SigningKey>;
}

/**
 * Derives signing keys and keeps the last ones: a key is good for a day, and four of a
 * signature's HMACs go into it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#derive-signing-key
 */
export class SigningKeys {
  /** Keyed by day, region, service and secret. */
  readonly #entries = new BoundedCache<Entry>(64);
  /** Most requests need the same key as the one before; to look it up by its name takes longer. */
  #last: { credentials: Credentials; day: string; target: Target; entry: Entry } | undefined;

  /** @param day `YYYYMMDD` */
  get(credentials: Credentials, day: string, target: Target): Awaitable<SigningKey> {
    const last = this.#last;
    if (last?.credentials === credentials && last.target === target && last.day === day) {
      return last.entry.key;
    }
    const { secretAccessKey } = credentials;
    const { region, service } = target;
    const name = `${day}/${region}/${service}/${secretAccessKey}`;
    const entry = this.#entries.get(name, () => this.#derive(name, secretAccessKey, day, target));
    this.#last = { credentials, day, target, entry };
    return entry.key;
  }

  #derive(name: string, secret: string, day: string, target: Target): Entry {
    const entry: Entry = { key: derive(secret, day, target) };
    const settle = async (): Promise<void> => {
      try {
        entry.key = await entry.key;
      } catch {
        // A key that could not be derived (no WebCrypto yet) is derived anew by the next request.
        this.#entries.delete(name);
        this.#last = undefined;
      }
    };
    void settle();
    return entry;
  }
}

async function derive(
  secret: string,
  day: string,
  { region, service }: Target,
): Promise<SigningKey> {
  const ofDay = await hash.hmac(`AWS4${secret}`, day);
  const ofRegion = await hash.hmac(ofDay, region);
  const ofService = await hash.hmac(ofRegion, service);
  return hash.importKey(await hash.hmac(ofService, 'aws4_request'));
}
