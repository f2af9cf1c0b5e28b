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
  // oxlint-disable-next-line no-explicit-any -- never given; without it TypeScript finds nothing in common with what some of the SDK's providers take
  callerClientConfig?: any;
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
