import type { CredentialsProvider } from '@sigv4/signer';

/** Loads the platform's chain of credential sources. `#default-chain` is the one for this platform. */
export type DefaultChain = () => Promise<CredentialsProvider>;
