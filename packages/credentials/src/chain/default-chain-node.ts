import type { DefaultChain, ProfileRegion } from './ask-chain.ts';

/** The AWS SDK's own chain. It is made anew each time, since a chain that hangs would hold the next call. */
export const defaultChain: DefaultChain = async (profile) => {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  // The SDK would not read a file again that was rotated, if its cache were not ignored.
  return defaultProvider({ ...(profile && { profile }), ignoreCache: true });
};

/** Reads it as the AWS SDK's clients do, but ignores the environment. */
export const profileRegion: ProfileRegion = async (profile) => {
  const { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } =
    await import('@smithy/core/config');
  const region = loadConfig(
    {
      ...NODE_REGION_CONFIG_OPTIONS,
      environmentVariableSelector: () => undefined,
      default: '',
    },
    { ...NODE_REGION_CONFIG_FILE_OPTIONS, ...(profile && { profile }), ignoreCache: true },
  );
  return (await region()) || undefined;
};
