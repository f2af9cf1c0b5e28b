import { readOptions } from '@sigv4/signer/client';

import { createCache, type CachedCredentials } from '../cache/cache.ts';
import { defaultCredentials } from '../chain/default-credentials.ts';
import { stsClient } from './client.ts';
import { withRegionOf } from './source.ts';
import { checkMfa, mfaParameters } from './mfa.ts';
import { sessionTokenOptions, type SessionTokenOptions } from './sts-options.ts';

/**
 * Temporary credentials of the user itself, kept fresh: to prove MFA once for many calls, or to
 * keep long-term keys off the wire.
 *
 * The provider throws {@link CredentialsError} with STS's code.
 *
 * @throws {TypeError} naming the wrong option or environment variable
 * @throws {SigV4Error} ERR_SIGV4_INSECURE if the endpoint is http: on another machine
 */
export function getSessionToken(given: SessionTokenOptions = {}): CachedCredentials {
  const subject = { name: 'getSessionToken', roleArn: undefined, secret: undefined };
  const options = readOptions(given, sessionTokenOptions(), subject.name);
  checkMfa(subject.name, options);
  const { source = defaultCredentials() } = options;
  const call = stsClient(source, options, options.serialNumber);
  const parameters = {
    Action: 'GetSessionToken',
    DurationSeconds: options.durationSeconds?.toString(),
  };
  const cache = createCache(
    async () => call({ ...parameters, ...(await mfaParameters(options, subject)) }, subject),
    options,
    true,
  );
  return withRegionOf(source, cache);
}
