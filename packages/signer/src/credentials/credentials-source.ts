import { field } from '../check-options.ts';
import { checkCredentials } from './check-credentials.ts';
import { isSameSession, type Credentials, type CredentialsProvider } from './credentials.ts';

/** Where a signer gets its credentials: checked ones, each time. */
export interface CredentialsSource {
  /** Credentials as they are now; `undefined` if a provider has to be waited for. */
  atHand(): Credentials | undefined;
  get(signal?: AbortSignal): Promise<Credentials>;
  /** Asks for others instead of those that AWS refused. The same ones may come back. */
  replace(refused: Credentials, signal?: AbortSignal): Promise<Credentials>;
}

/** What the providers of `@sigv4/credentials` can do beside. */
interface CachingProvider {
  /** Is told that AWS refused the credentials that they gave. */
  invalidate(refused: { accessKeyId: string }): void;
  /** The credentials, where nobody has to wait for them. */
  atHand(): Credentials | undefined;
}

/** Makes a source of given credentials, or of a provider. */
export function credentialsSource(given: Credentials | CredentialsProvider): CredentialsSource {
  const check = checkOnce();
  if (typeof given === 'function') return providerSource(given, check);
  const get = async (): Promise<Credentials> => check(given);
  return { atHand: () => check(given), get, replace: get };
}

function providerSource(
  provider: CredentialsProvider & Partial<CachingProvider>,
  check: (credentials: Credentials) => Credentials,
): CredentialsSource {
  const ask = async (forceRefresh: boolean, signal?: AbortSignal): Promise<Credentials> =>
    check(
      await provider({
        ...(forceRefresh ? { forceRefresh } : undefined),
        ...(signal ? { signal } : undefined),
      }),
    );
  const atHand = field(provider, 'atHand') as CachingProvider['atHand'] | undefined;
  // Many calls can be refused at once with the same credentials; they share one refresh.
  let refresh: { of: Credentials; others: Promise<Credentials> } | undefined;
  const refreshed = (refused: Credentials): Promise<Credentials> => {
    if (refresh !== undefined && isSameSession(refresh.of, refused)) return refresh.others;
    const asked = { of: refused, others: ask(true) };
    const forget = (): void => {
      if (refresh === asked) refresh = undefined;
    };
    asked.others.then((others) => isSameSession(others, refused) && forget(), forget);
    refresh = asked;
    return asked.others;
  };
  return {
    atHand: () => {
      const credentials = atHand?.();
      return credentials && check(credentials);
    },
    get: (signal) => ask(false, signal),
    replace: async (refused, signal) => {
      if (typeof provider.invalidate !== 'function') return refreshed(refused);
      provider.invalidate({ accessKeyId: refused.accessKeyId });
      return ask(false, signal);
    },
  };
}

/**
 * Checks the same credentials only once, since a session token is long. It gives the same object
 * for the same credentials, so that what was made for them is found by it.
 */
function checkOnce(): (credentials: Credentials) => Credentials {
  let known: Credentials | undefined;
  return (credentials) => {
    if (
      known === undefined ||
      credentials?.accessKeyId !== known.accessKeyId ||
      credentials.secretAccessKey !== known.secretAccessKey ||
      credentials.sessionToken !== known.sessionToken
    ) {
      known = checkCredentials(credentials);
    }
    return known;
  };
}
