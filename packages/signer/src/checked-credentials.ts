import { isDate, type Credentials } from './credentials.ts';
import { SigV4Error } from './errors.ts';

/**
 * @returns the same, if they can be signed with
 * @throws {SigV4Error} ERR_SIGV4_CREDENTIALS, naming the field
 */
export function checkCredentials(credentials: Credentials): Credentials {
  if (typeof credentials !== 'object' || credentials === null) {
    throw new SigV4Error(
      'ERR_SIGV4_CREDENTIALS',
      `credentials: the provider returned ${credentials === null ? 'null' : typeof credentials}; it must return { accessKeyId, secretAccessKey, sessionToken? }`,
    );
  }
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials;
  checkField('accessKeyId', accessKeyId);
  // It stands between slashes in the credential scope.
  if (/[/,]/.test(accessKeyId)) fail('accessKeyId', 'holds a "/" or ","');
  checkField('secretAccessKey', secretAccessKey);
  if (sessionToken !== undefined) checkField('sessionToken', sessionToken);
  if (expiration !== undefined && !isDate(expiration)) fail('expiration', 'is no valid Date');
  return credentials;
}

function checkField(field: string, value: unknown): void {
  if (value === undefined || value === null) fail(field, 'is missing');
  if (typeof value !== 'string') fail(field, `is of type ${typeof value}, not a string`);
  if (value === '') fail(field, 'is empty');
  if (/\s/.test(value)) fail(field, 'holds white space or a line break');
  if (/[^!-~]/.test(value)) fail(field, 'holds a character that is not printable ASCII');
}

function fail(field: string, problem: string): never {
  throw new SigV4Error(
    'ERR_SIGV4_CREDENTIALS',
    `credentials.${field} ${problem}: check where it was read from (an environment variable, a secret, a file) for a missing, empty or badly copied value`,
  );
}
