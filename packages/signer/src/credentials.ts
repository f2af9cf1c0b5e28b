import type { Awaitable } from './hash.ts';
import { refuse } from './refusal.ts';

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
  get(signal?: AbortSignal): Awaitable<Credentials>;
  /** Asks for others in place of those that AWS refused. The same ones may come back. */
  replace(rejected: Credentials, signal?: AbortSignal): Awaitable<Credentials>;
}

/** Credentials or a provider, as one source. */
export function credentialsSource(given: Credentials | CredentialsProvider): CredentialsSource {
  const check = checker();
  if (typeof given === 'function') return providerSource(given, check);
  const get = (): Credentials => check(given);
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
  return {
    get: (signal) => ask(false, signal),
    replace: ({ accessKeyId }, signal) => {
      const canInvalidate = typeof provider.invalidate === 'function';
      if (canInvalidate) provider.invalidate?.({ accessKeyId });
      return ask(!canInvalidate, signal);
    },
  };
}

/**
 * Checks credentials, and the same ones only once: a session token is long. What it gives is its
 * own: an object that changes on the way would sign with one key in the name of another.
 */
function checker(): (credentials: Credentials) => Credentials {
  let known: Credentials | undefined;
  return (credentials) => {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials ?? {};
    if (
      known === undefined ||
      known.accessKeyId !== accessKeyId ||
      known.secretAccessKey !== secretAccessKey ||
      known.sessionToken !== sessionToken
    ) {
      if (!isUsable(credentials)) refuse('credentials', credentials);
      known = {
        accessKeyId,
        secretAccessKey,
        ...(sessionToken === undefined ? undefined : { sessionToken }),
      };
    }
    return known;
  };
}

/** What `checkCredentials` finds no fault with. */
function isUsable(credentials: Credentials | null | undefined): boolean {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials ?? {};
  return (
    // The access key id stands between slashes in the credential scope.
    isPrintable(accessKeyId) &&
    !/[/,]/.test(accessKeyId) &&
    isPrintable(secretAccessKey) &&
    (sessionToken === undefined || isPrintable(sessionToken)) &&
    (expiration === undefined || isDate(expiration))
  );
}

function isPrintable(field: unknown): field is string {
  return typeof field === 'string' && /^[!-~]+$/.test(field);
}

/** Of any realm. */
export function isDate(value: unknown): value is Date {
  if (Object.prototype.toString.call(value) !== '[object Date]') return false;
  const { getTime } = value as Partial<Date>;
  return typeof getTime === 'function' && !Number.isNaN((value as Date).getTime());
}
