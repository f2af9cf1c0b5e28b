import type * as CredentialProviderNode from '@aws-sdk/credential-provider-node';

import type { DefaultChain } from './default-chain.ts';
import { environment } from './environment.ts';
import { CredentialsError } from './errors.ts';

/**
 * The AWS SDK's own chain, loaded when it is first needed, and made anew each time: one that was
 * given up must not hold the next, and files that were rotated are read again.
 */
export const defaultChain: DefaultChain = async () => {
  const { defaultProvider } = await load();
  try {
    return await defaultProvider({ ignoreCache: true })();
  } catch (error) {
    throw explained(error);
  }
};

/** What an error of the SDK tells of itself, where a service answered. */
interface SdkError extends Error {
  readonly $fault?: 'client' | 'server';
  readonly $retryable?: { readonly throttling?: boolean };
  readonly $metadata?: { readonly requestId?: string };
}

function explained(cause: unknown): CredentialsError {
  const { name, message, $fault, $retryable, $metadata } = (
    cause instanceof Error ? cause : new Error(String(cause))
  ) as SdkError;
  if ($fault === undefined) {
    const profile = environment('AWS_PROFILE');
    const named = profile === undefined ? '' : `; AWS_PROFILE names ${JSON.stringify(profile)}`;
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

async function load(): Promise<typeof CredentialProviderNode> {
  try {
    return await import('@aws-sdk/credential-provider-node');
  } catch (cause) {
    throw new CredentialsError(
      'NotInstalled',
      'defaultCredentials: there are no credentials in the environment, and @aws-sdk/credential-provider-node, which knows the other sources, cannot be loaded. Install it or leave it out of the bundle, or pass `credentials`',
      { recoverable: false, cause },
    );
  }
}
