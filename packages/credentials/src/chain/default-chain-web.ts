import type { DefaultChain, ProfileRegion } from './ask-chain.ts';

/** Browsers and workers have no credentials of their own. */
export const defaultChain: DefaultChain | undefined = undefined;

export const profileRegion: ProfileRegion = async () => undefined;
