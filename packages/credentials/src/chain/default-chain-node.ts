import type { DefaultChain } from './ask-chain.ts';

/** The AWS SDK's own chain. It is made anew each time, since a chain that hangs would hold the next call. */
export const defaultChain: DefaultChain = async () => {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  // The SDK would not read a file again that was rotated, if its cache were not ignored.
  return defaultProvider({ ignoreCache: true });
};
