export { startLocalAws, type LocalApi, type LocalAws, type LocalAwsOptions } from './local-aws.ts';
export { createClock, type TestClock } from './clock.ts';
export type { TestCredentials } from './access-keys.ts';
export type {
  AccountDefinition,
  MfaDevice,
  OidcProviderDefinition,
  RoleDefinition,
  UserDefinition,
} from './account-definition.ts';
export { mfaCode } from './mfa-code.ts';
export type { ConditionBlock, ConditionValue } from './policy-condition.ts';
export type { PrincipalElement } from './policy-principal.ts';
export type { ContextValues, GivenContext } from './request-context.ts';
export type {
  ApiDefinition,
  ApiHandler,
  ApiRequest,
  ApiResponse,
  Route,
} from './api-definition.ts';
export type { PolicyDocument, PolicyStatement } from './policy-document.ts';
export type { RawRequest } from './raw-request.ts';
export { verifyPostPolicy, type PostVerdict } from './post-policy.ts';
export { sigv4aPublicKey } from './sigv4a-key.ts';
export type { SeenRequest } from './seen-request.ts';
export type { Refusal } from './refusal.ts';
export { verifySignature, type Verdict, type VerifyOptions } from './verify-signature.ts';
