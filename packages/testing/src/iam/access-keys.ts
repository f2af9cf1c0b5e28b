import { createHash } from 'node:crypto';

import type { KnownKey } from '../keys/known-key.ts';
import { uniqueId } from './unique-id.ts';

/** Fits the AWS SDK's clients and `@sigv4/*` alike. */
export interface TestCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

interface Key<Owner> extends KnownKey {
  readonly credentials: TestCredentials;
  readonly owner: Owner;
  readonly isActive: boolean;
}

/** Counts the local AWSs of this process, so that none takes the keys of another. */
let instances = 0;

/** Long-term and temporary keys, and whose they are. */
export class AccessKeys<Owner extends { readonly principal: { readonly arn: string } }> {
  readonly #keys = new Map<string, Key<Owner>>();
  readonly #instance: number = (instances += 1);
  #issued = 0;

  /** @returns `undefined` if there is no such key, or it is not active */
  find(accessKeyId: string): KnownKey | undefined {
    const key = this.#keys.get(accessKeyId);
    return key?.isActive ? key : undefined;
  }

  /** @throws {TypeError} if there is no such key: ask only for one that a signature was verified with */
  ownerOf(accessKeyId: string): Owner {
    return this.#key(accessKeyId).owner;
  }

  /** @throws {TypeError} if the owner has two already, or the key exists */
  create(owner: Owner, given: TestCredentials = this.#made('AKIA', owner)): TestCredentials {
    const { arn } = owner.principal;
    if (this.#longTerm(arn).length >= 2)
      throw new TypeError(`${arn}: cannot exceed quota for AccessKeysPerUser: 2`);
    if (this.#keys.has(given.accessKeyId))
      throw new TypeError(`${arn}: there is an access key ${given.accessKeyId} already`);
    return this.#add(owner, {
      accessKeyId: given.accessKeyId,
      secretAccessKey: given.secretAccessKey,
    });
  }

  /** @param expiresAt ms since the epoch */
  issue(owner: Owner, expiresAt: number): TestCredentials {
    return this.#add(owner, {
      ...this.#made('ASIA', owner),
      sessionToken: this.#random(owner, 'token', 256),
      expiration: new Date(expiresAt),
    });
  }

  /** @throws {TypeError} if the owner has no active key */
  newest({ principal: { arn } }: Owner): TestCredentials {
    const key = this.#longTerm(arn).findLast(({ isActive }) => isActive);
    if (key) return key.credentials;
    throw new TypeError(`${arn} has no active access key`);
  }

  /** @throws {TypeError} if there is no such key */
  setActive(accessKeyId: string, isActive: boolean): void {
    this.#keys.set(accessKeyId, { ...this.#key(accessKeyId), isActive });
  }

  /** @throws {TypeError} if there is no such key */
  delete(accessKeyId: string): void {
    this.#key(accessKeyId);
    this.#keys.delete(accessKeyId);
  }

  /** @param change returns the owner as it is from now on, or `undefined` to delete the key */
  update(change: (owner: Owner) => Owner | undefined): void {
    for (const [accessKeyId, key] of this.#keys) {
      const owner = change(key.owner);
      if (owner === undefined) this.#keys.delete(accessKeyId);
      else this.#keys.set(accessKeyId, { ...key, owner });
    }
  }

  #key(accessKeyId: string): Key<Owner> {
    const key = this.#keys.get(accessKeyId);
    if (key) return key;
    throw new TypeError(`there is no access key ${accessKeyId}`);
  }

  #longTerm(arn: string): Key<Owner>[] {
    return [...this.#keys.values()].filter(
      ({ owner, sessionToken }) => owner.principal.arn === arn && sessionToken === undefined,
    );
  }

  #add(owner: Owner, credentials: TestCredentials): TestCredentials {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials;
    const expiresAt = expiration?.getTime();
    this.#keys.set(accessKeyId, {
      secretAccessKey,
      sessionToken,
      expiresAt,
      credentials,
      owner,
      isActive: true,
    });
    return credentials;
  }

  #made(prefix: 'AKIA' | 'ASIA', owner: Owner): TestCredentials {
    this.#issued += 1;
    return {
      accessKeyId: uniqueId(prefix, `${owner.principal.arn} ${this.#instance} ${this.#issued}`),
      secretAccessKey: this.#random(owner, 'secret', 30),
    };
  }

  /**
   * The same in each run, so that a failing test can be repeated, but different for each owner and
   * each local AWS.
   */
  #random({ principal: { arn } }: Owner, purpose: string, bytes: number): string {
    const blocks: Buffer[] = [];
    for (let block = 0; block * 32 < bytes; block += 1) {
      blocks.push(
        createHash('sha256')
          .update(`${purpose} ${arn} ${this.#instance} ${this.#issued} ${block}`)
          .digest(),
      );
    }
    return Buffer.concat(blocks).subarray(0, bytes).toString('base64');
  }
}
