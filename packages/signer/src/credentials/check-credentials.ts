import { field } from '../check-options.ts';
import { SigV4Error } from '../errors.ts';
import type { Credentials } from './credentials.ts';

/**
 * Reads each field once and checks what was read, so that an object that changes in between cannot
 * sign with one key in the name of another.
 *
 * @returns the checked fields, in an object that its giver cannot change
 * @throws {SigV4Error} ERR_SIGV4_CREDENTIALS, naming the field
 */
export function checkCredentials(credentials: Credentials): Credentials {
  if (typeof credentials !== 'object' || credentials === null) {
    throw new SigV4Error(
      'ERR_SIGV4_CREDENTIALS',
      `credentials: the provider returned ${credentials === null ? 'null' : typeof credentials}; it must return { accessKeyId, secretAccessKey, sessionToken? }`,
    );
  }
  const accessKeyId = field(credentials, 'accessKeyId');
  const secretAccessKey = field(credentials, 'secretAccessKey');
  const sessionToken = field(credentials, 'sessionToken');
  const expiration = field(credentials, 'expiration');
  check('accessKeyId', accessKeyId);
  // The access key id stands between slashes in the credential scope.
  if (/[/,]/.test(accessKeyId)) fail('accessKeyId', 'holds a "/" or ","');
  check('secretAccessKey', secretAccessKey);
  if (sessionToken !== undefined) check('sessionToken', sessionToken);
  if (expiration !== undefined && !isDate(expiration)) fail('expiration', 'is no valid Date');
  // Also those that are `undefined` are its own, so that nobody reads them from `Object.prototype`.
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken,
    expiration: expiration === undefined ? undefined : new Date(expiration),
  } as Credentials;
}

function check(name: string, value: unknown): asserts value is string {
  if (value === undefined || value === null) fail(name, 'is missing');
  if (typeof value !== 'string') fail(name, `is of type ${typeof value}, not a string`);
  if (value === '') fail(name, 'is empty');
  if (/\s/.test(value)) fail(name, 'holds white space or a line break');
  if (/[^!-~]/.test(value)) fail(name, 'holds a character that is not printable ASCII');
}

function fail(name: string, problem: string): never {
  throw new SigV4Error(
    'ERR_SIGV4_CREDENTIALS',
    `credentials.${name} ${problem}: check where it was read from (an environment variable, a secret, a file) for a missing, empty or badly copied value`,
  );
}

/** A valid date. `instanceof` fails for dates of another realm (an iframe, Jest). */
export function isDate(value: unknown): value is Date {
  if (Object.prototype.toString.call(value) !== '[object Date]') return false;
  const { getTime } = value as Partial<Date>;
  return typeof getTime === 'function' && !Number.isNaN((value as Date).getTime());
}
