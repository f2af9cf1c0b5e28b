import type { DefaultChain } from './ask-chain.ts';

/** The AWS SDK's own chain. Made anew each time: one that was given up must not hold the next. */
export const defaultChain: DefaultChain = async () => {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  // Files that were rotated are read again.
  return defaultProvider({ ignoreCache: true });
};
