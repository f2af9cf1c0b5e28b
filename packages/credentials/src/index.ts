export type { Credentials, CredentialsProvider } from '@sigv4/signer';
export { cacheCredentials, type CachedCredentials, type CacheOptions } from './cache.ts';
export { assumeRole, type AssumeRoleOptions } from './assume-role.ts';
export { defaultCredentials } from './default-credentials.ts';
export { CredentialsError } from './errors.ts';
