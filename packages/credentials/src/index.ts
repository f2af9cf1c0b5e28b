export type { Credentials, CredentialsProvider } from '@sigv4/signer';
export { cacheCredentials, type CachedCredentials, type CacheOptions } from './cache/cache.ts';
export { assumeRole, type AssumeRoleOptions } from './sts/assume-role.ts';
export { assumeRoleWithWebIdentity, type WebIdentityOptions } from './sts/web-identity.ts';
export { getSessionToken, type SessionTokenOptions } from './sts/session-token.ts';
export { defaultCredentials } from './chain/default-credentials.ts';
export type { CredentialsEvent } from './cache/events.ts';
export { CredentialsError } from './errors.ts';
