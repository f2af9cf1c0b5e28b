export { startLocalAws, type LocalApi, type LocalAws, type LocalAwsOptions } from './local-aws.ts';
export type { AwsOptions } from './services.ts';
export { createClock, createRunningClock, type TestClock } from './clock.ts';
export type { Fault, FaultRequest, Faults, FaultScope } from './faults.ts';
export type { TestCredentials } from './access-keys.ts';
export type { Administration } from './administration.ts';
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
  ApiCaller,
  ApiDefinition,
  ApiHandler,
  ApiRequest,
  ApiResponse,
  Authorization,
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
} from './api-definition.ts';
export type { GatewayResponse, GatewayResponses, GatewayResponseType } from './gateway-response.ts';
export type { Connect } from './host-names.ts';
export type {
  LambdaCallback,
  LambdaContext,
  LambdaEvent,
  LambdaHandler,
} from './lambda-handler.ts';
export type { PolicyDocument, PolicyStatement } from './policy-document.ts';
export type { RawRequest } from './raw-request.ts';
export { verifyPostPolicy, type PostVerdict } from './post-policy.ts';
export { sigv4aPublicKey } from './sigv4a-key.ts';
export type { SeenRequest, SeenVerdict } from './seen-request.ts';
export type { Refusal } from './refusal.ts';
export { verifySignature, type Verdict, type VerifyOptions } from './verify-signature.ts';
