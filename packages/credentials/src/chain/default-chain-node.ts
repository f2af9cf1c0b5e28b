import type { DefaultChain } from './ask-chain.ts';

/** The AWS SDK's own chain. It is made anew each time, since a chain that hangs would hold the next call. */
export const defaultChain: DefaultChain = async () => {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  // Without `ignoreCache`, a file that was rotated would not be read again.
  return defaultProvider({ ignoreCache: true });
};
