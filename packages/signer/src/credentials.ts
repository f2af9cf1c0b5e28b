import { SigV4Error } from './errors.ts';

/**
 * AWS credentials. Accepts, and can be used as, the AWS SDK's `AwsCredentialIdentity`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_use-resources.html
 */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials only. Sent as `x-amz-security-token`. */
  readonly sessionToken?: string;
  /** When they end. Without it they are taken to last. */
  readonly expiration?: Date;
}

/**
 * Gives credentials, each time it is asked. Every provider of the AWS SDK is one.
 *
 * - `forceRefresh`: do not answer from a cache.
 * - `signal`: the caller no longer waits. Work that others wait for too goes on.
 */
export type CredentialsProvider = (options?: {
  forceRefresh?: boolean;
  signal?: AbortSignal;
}) => Promise<Credentials>;

/** A provider can be one that is told that AWS refused the credentials it gave. */
interface InvalidatingProvider {
  invalidate(rejected: { accessKeyId: string }): void;
}

/** What a signer asks for credentials: checked ones, each time. */
export interface CredentialsSource {
  /** @throws {SigV4Error} ERR_SIGV4_CREDENTIALS */
  get(signal?: AbortSignal): Promise<Credentials>;
  /**
   * Asks for others in place of those that AWS refused. The same ones may come back.
   * @throws {SigV4Error} ERR_SIGV4_CREDENTIALS
   */
  replace(rejected: Credentials, signal?: AbortSignal): Promise<Credentials>;
}

/**
 * Credentials or a provider, as one source.
 *
 * @throws {TypeError} neither an object nor a function
 * @throws {SigV4Error} ERR_SIGV4_CREDENTIALS if given as an object and not usable
 */
export function credentialsSource(given: Credentials | CredentialsProvider): CredentialsSource {
  const check = checker();
  if (typeof given === 'function') return providerSource(given, check);
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(
      "credentials: expected { accessKeyId, secretAccessKey, sessionToken? } or an async function that returns them; for the machine's own, pass defaultCredentials() of @sigv4/credentials",
    );
  }
  if ('then' in given) {
    throw new TypeError(
      'credentials: got a Promise, which can be asked once only; pass the function that returns it, or await it first',
    );
  }
  check(given);
  const get = async (): Promise<Credentials> => check(given);
  return { get, replace: get };
}

function providerSource(
  provider: CredentialsProvider & Partial<InvalidatingProvider>,
  check: (credentials: Credentials) => Credentials,
): CredentialsSource {
  const ask = async (forceRefresh: boolean, signal?: AbortSignal): Promise<Credentials> =>
    check(
      await provider({
        ...(forceRefresh ? { forceRefresh } : undefined),
        ...(signal ? { signal } : undefined),
      }),
    );
  // As many calls as may be refused at once with the same credentials: one refresh.
  let refresh: { of: Credentials; others: Promise<Credentials> } | undefined;
  const refreshed = (refused: Credentials): Promise<Credentials> => {
    if (refresh !== undefined && isSame(refresh.of, refused)) return refresh.others;
    const asked = { of: refused, others: ask(true) };
    const forget = (): void => {
      if (refresh === asked) refresh = undefined;
    };
    asked.others.then((others) => isSame(others, refused) && forget(), forget);
    refresh = asked;
    return asked.others;
  };
  return {
    get: (signal) => ask(false, signal),
    replace: (refused, signal) => {
      if (typeof provider.invalidate !== 'function') return refreshed(refused);
      provider.invalidate({ accessKeyId: refused.accessKeyId });
      return ask(false, signal);
    },
  };
}

/** Whether they are of one session. */
export function isSame(a: Credentials, b: Credentials): boolean {
  return a.accessKeyId === b.accessKeyId && a.sessionToken === b.sessionToken;
}

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
  // The access key id stands between slashes in the credential scope.
  const isSplit = typeof accessKeyId === 'string' && /[/,]/.test(accessKeyId);
  checkField('accessKeyId', accessKeyId, isSplit && 'holds a "/" or ","');
  checkField('secretAccessKey', secretAccessKey);
  if (sessionToken !== undefined) checkField('sessionToken', sessionToken);
  if (expiration !== undefined && !isDate(expiration)) fail('expiration', 'is no valid Date');
  return credentials;
}

/** Checks credentials, and the same ones only once: a session token is long. */
function checker(): (credentials: Credentials) => Credentials {
  let known: Credentials | undefined;
  return (credentials) => {
    if (
      known === undefined ||
      known.accessKeyId !== credentials?.accessKeyId ||
      known.secretAccessKey !== credentials.secretAccessKey ||
      known.sessionToken !== credentials.sessionToken
    ) {
      known = { ...checkCredentials(credentials) };
    }
    return credentials;
  };
}

/** Of any realm. */
export function isDate(value: unknown): value is Date {
  if (Object.prototype.toString.call(value) !== '[object Date]') return false;
  const { getTime } = value as Partial<Date>;
  return typeof getTime === 'function' && !Number.isNaN((value as Date).getTime());
}

function checkField(field: string, value: unknown, problem: string | false = false): void {
  if (value === undefined || value === null) fail(field, 'is missing');
  if (typeof value !== 'string') fail(field, `is of type ${typeof value}, not a string`);
  if (value === '') fail(field, 'is empty');
  if (/\s/.test(value)) fail(field, 'holds white space or a line break');
  if (/[^!-~]/.test(value)) fail(field, 'holds a character that is not printable ASCII');
  if (problem) fail(field, problem);
}

function fail(field: string, problem: string): never {
  throw new SigV4Error(
    'ERR_SIGV4_CREDENTIALS',
    `credentials.${field} ${problem}: check where it was read from (an environment variable, a secret, a file) for a missing, empty or badly copied value`,
  );
}
