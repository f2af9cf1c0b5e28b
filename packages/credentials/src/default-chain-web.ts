import type { DefaultChain } from './default-chain.ts';
import { CredentialsError } from './errors.ts';

/** Browsers and workers have no credentials of their own. */
export const defaultChain: DefaultChain = async () => {
  throw new CredentialsError(
    'NoCredentials',
    'defaultCredentials: this runtime has no AWS credentials of its own; pass `credentials`: an object, or an async function that gets temporary ones (from Amazon Cognito, or from an endpoint of yours)',
    { recoverable: false },
  );
};
