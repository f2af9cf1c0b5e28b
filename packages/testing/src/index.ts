export {
  startLocalAws,
  type LocalApi,
  type LocalAws,
  type LocalBucket,
} from './harness/local-aws.ts';
export type { AwsOptions, LocalAwsOptions } from './harness/options.ts';
export { createClock, createRunningClock, type TestClock } from './harness/clock.ts';
export type { Fault, FaultRequest, Faults, FaultScope } from './harness/faults.ts';
export type { TestCredentials } from './iam/access-keys.ts';
export type { Administration } from './iam/administration.ts';
export type {
  AccountDefinition,
  MfaDevice,
  OidcProviderDefinition,
  PolicyOrArn,
  RoleDefinition,
  UserDefinition,
} from './iam/account-definition.ts';
export { mfaCode } from './iam/mfa-code.ts';
export type { ConditionBlock, ConditionValue } from './iam/condition-operators.ts';
export type { PrincipalElement } from './iam/policy-principal.ts';
export type { ContextValues, GivenContext } from './iam/request-context.ts';
export type {
  ApiCaller,
  ApiDefinition,
  ApiHandler,
  ApiRequest,
  ApiResponse,
  Authorization,
  CorsDefinition,
  FunctionUrlDefinition,
  HttpApiDefinition,
  HttpRoute,
  Integration,
  RestApiDefinition,
  Route,
  WebSocketApiDefinition,
  WebSocketHandler,
  WebSocketMessage,
  WebSocketRoute,
} from './api/api-definition.ts';
export type {
  GatewayResponse,
  GatewayResponses,
  GatewayResponseType,
} from './api/gateway-response.ts';
export type { BucketDefinition, CorsRule, ObjectDefinition } from './buckets/bucket-definition.ts';
export type { StoredObject } from './buckets/bucket.ts';
export type { Connect } from './harness/host-names.ts';
export type {
  LambdaCallback,
  LambdaContext,
  LambdaEvent,
  LambdaHandler,
} from './api/lambda-handler.ts';
export type { PolicyDocument, PolicyStatement } from './iam/policy-document.ts';
export type { RawRequest } from './wire/raw-request.ts';
export { verifyPostPolicy, type PostVerdict } from './s3/post-policy.ts';
export { sigv4aPublicKey } from './keys/sigv4a-key.ts';
export type { SeenRequest, SeenVerdict } from './harness/seen-request.ts';
export type { Refusal } from './signature/refusal.ts';
export { verifySignature, type Verdict, type VerifyOptions } from './signature/verify-signature.ts';
