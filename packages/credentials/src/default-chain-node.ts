import type * as CredentialProviderNode from '@aws-sdk/credential-provider-node';
import type { Credentials } from '@sigv4/signer';

import type { DefaultChain } from './default-chain.ts';
import { CredentialsError } from './errors.ts';

/** The AWS SDK's own chain, loaded when it is first needed. */
export const defaultChain: DefaultChain = async () => {
  const { defaultProvider } = await load();
  const provider = defaultProvider();
  return async (options): Promise<Credentials> => {
    try {
      return await provider(options);
    } catch (cause) {
      const told = cause instanceof Error ? cause.message : String(cause);
      throw new CredentialsError(
        'NoCredentials',
        `defaultCredentials: no AWS credentials found (${told}). Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in AWS_PROFILE, run where a role is attached, or pass \`credentials\``,
        { recoverable: true, cause },
      );
    }
  };
};

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
