// Stations, from top to bottom: sts/, chain/, cache/, then the files beside this one. A station
// imports only what stands below it, or in itself.
export type { Credentials, CredentialsProvider } from '@sigv4/signer';
export { cacheCredentials, type CachedCredentials } from './cache/cache.ts';
export type { CacheOptions } from './cache/cache-options.ts';
export { assumeRole } from './sts/assume-role.ts';
export { assumeRoleWithWebIdentity } from './sts/web-identity.ts';
export { getSessionToken } from './sts/session-token.ts';
export type {
  AssumeRoleOptions,
  SessionTokenOptions,
  WebIdentityOptions,
} from './sts/sts-options.ts';
export {
  defaultCredentials,
  type DefaultCredentialsOptions,
  type MachineCredentials,
} from './chain/default-credentials.ts';
export type { CredentialsEvent } from './cache/events.ts';
export { stsEndpoint, type StsEndpoint } from './sts/endpoint.ts';
export { CredentialsError } from './errors.ts';
