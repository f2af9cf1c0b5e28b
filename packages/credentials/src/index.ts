export type { Credentials, CredentialsProvider } from '@sigv4/signer';
export { cacheCredentials, type CachedCredentials, type CacheOptions } from './cache.ts';
export { assumeRole, type AssumeRoleOptions } from './assume-role.ts';
export { assumeRoleWithWebIdentity, type WebIdentityOptions } from './web-identity.ts';
export { getSessionToken, type SessionTokenOptions } from './session-token.ts';
export { defaultCredentials } from './default-credentials.ts';
export type { CredentialsEvent } from './events.ts';
export { CredentialsError } from './errors.ts';
