import type { PolicyDocument } from '../iam/policy-document.ts';
import type { GatewayResponses } from './gateway-response.ts';
import type { LambdaHandler } from './lambda-handler.ts';

/** An API that IAM protects. `kind` says which; a REST API needs none. */
export type ApiDefinition =
  | RestApiDefinition
  | HttpApiDefinition
  | WebSocketApiDefinition
  | FunctionUrlDefinition;

interface AnyApiDefinition {
  /** The account that owns it. */
  readonly account: string;
  /** Ten letters and digits. Default: derived from its name. */
  readonly id?: string;
  /** Default: the region of the local AWS. */
  readonly region?: string;
  /** The port on 127.0.0.1. Default: a free one. */
  readonly port?: number;
}

/** What all APIs of Amazon API Gateway have. */
export interface ApiGatewayDefinition extends AnyApiDefinition {
  /** A custom domain name, mapped to the first stage: no stage in its paths. */
  readonly domainName?: string;
  /**
   * The base path by which the domain name finds this API: `v1`, `shop/orders`. APIs that share a
   * domain name have one each. Default: none, so all paths are this API's.
   */
  readonly basePath?: string;
  /** Stage → name → value: functions get those of their stage as `stageVariables`. */
  readonly stageVariables?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A REST API of Amazon API Gateway. */
export interface RestApiDefinition extends ApiGatewayDefinition {
  /** A REST API needs none. */
  readonly kind?: 'rest';
  /** Default: `['prod']`. */
  readonly stages?: readonly string[];
  /** In any order: the most specific one answers. */
  readonly routes: readonly Route[];
  /**
   * Resources can have the short form that API Gateway completes: `execute-api:/prod/GET/orders`.
   */
  readonly resourcePolicy?: PolicyDocument;
  /** Values of `x-api-key` that methods with `apiKeyRequired` take. Default: none. */
  readonly apiKeys?: readonly string[];
  /** Answers of API Gateway's own that the API's owner has changed. */
  readonly gatewayResponses?: GatewayResponses;
  /** Media types, `image/*`, whose bodies Lambda functions get in Base64. Default: none. */
  readonly binaryMediaTypes?: readonly string[];
}

/** An HTTP API of Amazon API Gateway. */
export interface HttpApiDefinition extends ApiGatewayDefinition {
  /** Says that it is an HTTP API. */
  readonly kind: 'http';
  /** Without it, browsers let no other origin read an answer. */
  readonly cors?: CorsDefinition;
  /** Default: `['$default']`, the one that is not part of the path. */
  readonly stages?: readonly string[];
  /** In any order: the most specific one answers. */
  readonly routes: readonly HttpRoute[];
}

/** A WebSocket API of Amazon API Gateway. */
export interface WebSocketApiDefinition extends ApiGatewayDefinition {
  /** Says that it is a WebSocket API. */
  readonly kind: 'websocket';
  /** Default: `['prod']`. */
  readonly stages?: readonly string[];
  /** Where in a JSON message its route key is. Default: `$request.body.action`. */
  readonly routeSelectionExpression?: `$request.body.${string}`;
  /** By what the route selection expression finds in a message. */
  readonly routes: readonly WebSocketRoute[];
}

/** A Lambda function URL. */
export interface FunctionUrlDefinition extends AnyApiDefinition, Integration {
  /** Says that it is a function URL. */
  readonly kind: 'function-url';
  /** Default: the API's name. */
  readonly functionName?: string;
  /** Default: `AWS_IAM`. With `NONE`, the resource policy must grant access to everyone. */
  readonly authorization?: Authorization;
  /** Who may `lambda:InvokeFunctionUrl` and `lambda:InvokeFunction`, both of which a call needs. */
  readonly resourcePolicy?: PolicyDocument;
}

/** What an HTTP API says to browsers, by itself, for calls from other origins. */
export interface CorsDefinition {
  /** `https://shop.example`, `https://*`, `*`. */
  readonly allowOrigins?: readonly string[];
  /** `GET`, …, or `*`. */
  readonly allowMethods?: readonly string[];
  /** Header names, in any case, or `*`. */
  readonly allowHeaders?: readonly string[];
  /** Headers that pages may read. */
  readonly exposeHeaders?: readonly string[];
  /** For how long browsers may keep this, in seconds. */
  readonly maxAge?: number;
  /** Whether cookies and other credentials may be sent. Default: false. */
  readonly allowCredentials?: boolean;
}

/** Whether a route wants a signature and a policy, or lets everybody in. */
export type Authorization = 'AWS_IAM' | 'NONE';

/** What answers: either a function of plain requests or a Lambda function, and not both. */
export interface Integration {
  /** Answers by a function of plain requests. */
  readonly handler?: ApiHandler;
  /** Answers by a Lambda function, with the event that API Gateway makes. */
  readonly lambda?: LambdaHandler;
}

export interface Route extends Integration {
  /** `GET`, …, or `ANY`. */
  readonly method: string;
  /** `/orders`, `/orders/{id}`, `/files/{proxy+}`. */
  readonly path: string;
  /** Default: `AWS_IAM`. */
  readonly authorization?: Authorization;
  /** Whether a call also needs one of the API's `apiKeys`. Default: false. */
  readonly apiKeyRequired?: boolean;
}

export interface HttpRoute extends Integration {
  /** `GET /orders/{id}`, `ANY /files/{proxy+}`, or `$default` for what no other takes. */
  readonly routeKey: string;
  /** Default: `AWS_IAM`. */
  readonly authorization?: Authorization;
  /** The form of a Lambda function's event and result. Default: `2.0`. */
  readonly payloadFormatVersion?: '1.0' | '2.0';
}

/** A route of a WebSocket API. */
export interface WebSocketRoute {
  /** `$connect`, `$disconnect`, `$default`, or what the route selection expression finds. */
  readonly routeKey: string;
  /** Only `$connect` has one. Default: `AWS_IAM`. */
  readonly authorization?: Authorization;
  readonly handler?: WebSocketHandler;
  /** Answers by a Lambda function, with the event that API Gateway makes. */
  readonly lambda?: LambdaHandler;
}

/** Answers a request that was let in. */
export type ApiHandler = (request: ApiRequest) => ApiResponse | Promise<ApiResponse>;

/** What a handler gets. */
export interface ApiRequest {
  readonly method: string;
  /** Without the stage, as it came over the wire. */
  readonly path: string;
  /** Percent-decoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** As UTF-8 text. */
  readonly body: string;
  readonly bodyBytes: Uint8Array;
  /** Who calls; `undefined` on routes without authorization. */
  readonly caller: ApiCaller | undefined;
}

/** Who calls, as the signature and the session tell. */
export interface ApiCaller {
  readonly arn: string;
  readonly account: string;
  readonly accessKeyId: string;
}

/** What a handler answers. */
export interface ApiResponse {
  /** Default: 200. */
  readonly status?: number;
  /** Default: `Content-Type: application/json`, where the body is sent as JSON. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes and strings as they are, anything else as JSON. Default: empty. */
  readonly body?: unknown;
}

/**
 * Returns what is sent back to the client: a string as it is, anything else as JSON, nothing for
 * `undefined`. If the handler of `$connect` throws, the connection is refused.
 */
export type WebSocketHandler = (message: WebSocketMessage) => unknown;

/** What the handler of a WebSocket route gets. */
export interface WebSocketMessage {
  readonly routeKey: string;
  readonly connectionId: string;
  /** The text of the message; empty for `$connect` and `$disconnect`. */
  readonly body: string;
  /** Who connected. */
  readonly caller: ApiCaller | undefined;
  /** Sends a text message to this client, now or later. */
  readonly send: (text: string) => void;
}
