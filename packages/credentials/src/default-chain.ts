import type { Credentials } from '@sigv4/signer';

/** Asks the platform's chain of credential sources. `#default-chain` is the one for this platform. */
export type DefaultChain = () => Promise<Credentials>;
