import type { Credentials, CredentialsProvider } from '@sigv4/signer';

import { CredentialsError } from '../errors.ts';
import { environment } from '../runtime.ts';

/** Loads the platform's chain of credential sources. `#default-chain` is the one of this platform. */
export type DefaultChain = (profile?: string) => Promise<CredentialsProvider>;

/** The region that a profile names; `undefined` if it names none. */
export type ProfileRegion = (profile?: string) => Promise<string | undefined>;

/**
 * Asks the platform's chain of credential sources.
 *
 * @param chain `undefined` in browsers and workers, which have none
 * @param profile default: AWS_PROFILE, else `default`
 * @throws {CredentialsError} with the code of the service that refused, else NoCredentials or
 *   NotInstalled
 */
export async function askChain(
  chain: DefaultChain | undefined,
  profile?: string,
): Promise<Credentials> {
  if (chain === undefined) {
    throw new CredentialsError(
      'NoCredentials',
      'defaultCredentials: this runtime has no AWS credentials of its own; pass `credentials`: an object, or an async function that gets temporary ones (from Amazon Cognito, or from an endpoint of yours)',
      { recoverable: false },
    );
  }
  const provider = await chain(profile).catch((cause: unknown) => {
    throw new CredentialsError(
      'NotInstalled',
      'defaultCredentials: there are no credentials in the environment, and @aws-sdk/credential-provider-node, which knows the other sources, cannot be loaded. Install it or leave it out of the bundle, or pass `credentials`',
      { recoverable: false, cause },
    );
  });
  return provider().catch((error: unknown) => {
    throw explained(error, profile);
  });
}

/** What the SDK adds to an error if a service answered. */
interface SdkError extends Error {
  readonly $fault?: 'client' | 'server';
  readonly $retryable?: { readonly throttling?: boolean };
  readonly $metadata?: { readonly requestId?: string };
}

function explained(cause: unknown, given: string | undefined): CredentialsError {
  const { name, message, $fault, $retryable, $metadata } = (
    cause instanceof Error ? cause : new Error(String(cause))
  ) as SdkError;
  if ($fault === undefined) {
    const profile = given ?? environment('AWS_PROFILE');
    const by = given === undefined ? 'AWS_PROFILE' : '`profile`';
    const named = profile === undefined ? '' : `; ${by} names ${JSON.stringify(profile)}`;
    return new CredentialsError(
      'NoCredentials',
      `defaultCredentials: no AWS credentials found (${message}${named}). Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in AWS_PROFILE, run where a role is attached, or pass \`credentials\``,
      { recoverable: true, cause },
    );
  }
  return new CredentialsError(
    name,
    `defaultCredentials: AWS refused the credentials that the profile or the platform has (${name}: ${message})`,
    {
      recoverable:
        $fault === 'server' || $retryable !== undefined || name.startsWith('ExpiredToken'),
      cause,
      requestId: $metadata?.requestId,
    },
  );
}
