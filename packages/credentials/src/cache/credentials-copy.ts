import type { Credentials } from '@sigv4/signer';
import { checkCredentials, emptyRecord, field } from '@sigv4/signer/client';

const FIELDS = ['accessKeyId', 'secretAccessKey', 'sessionToken', 'expiration'] as const;

/**
 * Takes over what a source gave: the four fields, and whatever else is text, a number or a flag
 * (an account's number, say). Objects beside them are left out, since whoever has them can change
 * them. So nothing that happens to the source's object later changes the copy.
 *
 * A class may define the fields as accessors, as the AWS SDK 2 does. What every object inherits
 * is not a field: it would come from a polluted `Object.prototype`.
 *
 * @returns an object without a prototype, so that its reader sees no other fields
 * @throws {SigV4Error} ERR_SIGV4_CREDENTIALS if they cannot be signed with
 */
export function takeCredentials(given: Credentials): Credentials {
  if (typeof given !== 'object' || given === null) return checkCredentials(given);
  const taken = emptyRecord() as Record<string, unknown>;
  for (const [name, value] of Object.entries(given)) {
    if (/^(?:string|number|boolean)$/.test(typeof value)) taken[name] = value;
  }
  for (const name of FIELDS) {
    const value = field(given, name);
    if (value !== undefined) taken[name] = value;
  }
  const { expiration } = checkCredentials(taken as unknown as Credentials);
  // What is checked is a copy already.
  if (expiration !== undefined) taken['expiration'] = expiration;
  return taken as unknown as Credentials;
}

/** A copy for one caller of credentials that were taken: nobody can change what others get. */
export function copyOf(credentials: Credentials): Credentials {
  const { expiration } = credentials;
  return expiration === undefined
    ? { ...credentials }
    : { ...credentials, expiration: new Date(expiration.getTime()) };
}
