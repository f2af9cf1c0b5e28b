import type {
  ApiResponse,
  CorsDefinition,
  FunctionUrlDefinition,
  HttpApiDefinition,
  HttpRoute,
  RestApiDefinition,
  Route,
  WebSocketApiDefinition,
  WebSocketRoute,
} from '../api/api-definition.ts';
import { GATEWAY_RESPONSE_TYPES, type GatewayResponse } from '../api/gateway-response.ts';
import { METHODS } from '../api/route-table.ts';
import {
  CORS_METHODS,
  type BucketDefinition,
  type CorsRule,
  type ObjectDefinition,
} from '../buckets/bucket-definition.ts';
import type {
  AccessKeyDefinition,
  AccountDefinition,
  MfaDevice,
  OidcProviderDefinition,
  RoleDefinition,
  UserDefinition,
} from '../iam/account-definition.ts';
import {
  ANYTHING,
  choice,
  FLAG,
  FUNCTION,
  listOf,
  mapOf,
  POLICY,
  required,
  TEXT,
  type Fields,
  type RecordShape,
  type Shape,
} from '../shape.ts';
import type { AwsOptions, CliFile, LocalAwsOptions } from './options.ts';

/** The one table of what a local AWS can be told, by a program or by the file of the command line. */
export interface DefinitionShapes {
  readonly aws: RecordShape;
  readonly localAws: RecordShape;
  readonly file: RecordShape;
}

function record<T>(type: string, what: string, fields: Fields<T>): RecordShape {
  return { is: 'record', type, what, fields };
}

/** Records that differ in their fields: one is named where a field of another's is used. */
function siblings<K extends string>(records: Readonly<Record<K, RecordShape>>): typeof records {
  const others: readonly RecordShape[] = Object.values(records);
  for (const one of others) Object.assign(one, { others });
  return records;
}

const PORT: Shape = { is: 'number', from: 0, to: 65_535 };
const AUTHORIZATION = choice('AWS_IAM', 'NONE');
const TEXTS = listOf(TEXT);
const TAGS = mapOf(TEXT);
const POLICY_OR_ARN: Shape = { is: 'policy', orArn: true };
const POLICIES = listOf(POLICY_OR_ARN);

const USER = record<UserDefinition>('UserDefinition', 'a user', {
  policies: POLICIES,
  permissionsBoundary: POLICY_OR_ARN,
  accessKeys: listOf(
    record<AccessKeyDefinition>('AccessKeyDefinition', 'an access key', {
      accessKeyId: required(TEXT),
      secretAccessKey: required(TEXT),
    }),
  ),
  tags: TAGS,
  mfa: record<MfaDevice>('MfaDevice', 'an MFA device', {
    serialNumber: required(TEXT),
    seed: required(TEXT),
  }),
});

const ROLE = record<RoleDefinition>('RoleDefinition', 'a role', {
  trust: required(POLICY),
  policies: POLICIES,
  permissionsBoundary: POLICY_OR_ARN,
  maxSessionDuration: ANYTHING,
  sessionSeconds: { is: 'number', from: 1, to: 43_200 },
  tags: TAGS,
});

const PROVIDER = record<OidcProviderDefinition>('OidcProviderDefinition', 'a provider', {
  jwks: required({ is: 'object' }),
  audiences: required(TEXTS),
  rejects: FUNCTION,
});

const ACCOUNT = record<AccountDefinition>('AccountDefinition', 'an account', {
  users: mapOf(USER),
  roles: mapOf(ROLE),
  policies: mapOf(POLICY),
  oidcProviders: mapOf(PROVIDER),
  organization: TEXT,
  serviceControlPolicies: listOf(POLICY),
});

const RESPONSE = record<ApiResponse>('ApiResponse', 'a response', {
  status: { is: 'number', from: 200, to: 599 },
  headers: mapOf(TEXT),
  body: ANYTHING,
});

/** What answers: functions of a program, or a response that the file has. */
const INTEGRATION = { handler: FUNCTION, lambda: FUNCTION };
const FILE_INTEGRATION = { response: RESPONSE } as unknown as typeof INTEGRATION;

const CORS = record<CorsDefinition>('CorsDefinition', 'CORS', {
  allowOrigins: TEXTS,
  allowMethods: listOf(choice('*', ...METHODS.slice(1))),
  allowHeaders: TEXTS,
  exposeHeaders: TEXTS,
  maxAge: { is: 'number', from: -1, to: 86_400 },
  allowCredentials: FLAG,
});

const GATEWAY_RESPONSE = record<GatewayResponse>('GatewayResponse', 'a gateway response', {
  status: { is: 'number', from: 0, to: 999 },
  headers: mapOf(TEXT),
  body: TEXT,
});

function apis(integration: typeof INTEGRATION): Shape {
  const anyApi = { account: required(TEXT), id: TEXT, region: TEXT, port: PORT };
  const gateway = {
    ...anyApi,
    domainName: TEXT,
    basePath: TEXT,
    stages: TEXTS,
    stageVariables: mapOf(mapOf(TEXT)),
  };
  const routes = siblings({
    rest: record<Route>('Route', 'a route of a REST API', {
      method: required(choice(...METHODS)),
      path: required(TEXT),
      authorization: AUTHORIZATION,
      apiKeyRequired: FLAG,
      ...integration,
    }),
    http: record<HttpRoute>('HttpRoute', 'a route of an HTTP API', {
      routeKey: required(TEXT),
      payloadFormatVersion: choice('1.0', '2.0'),
      authorization: AUTHORIZATION,
      ...integration,
    }),
    websocket: record<WebSocketRoute>('WebSocketRoute', 'a route of a WebSocket API', {
      routeKey: required(TEXT),
      authorization: AUTHORIZATION,
      ...integration,
    }),
  });
  const kinds = siblings({
    rest: record<RestApiDefinition>('RestApiDefinition', 'a REST API', {
      kind: choice('rest'),
      ...gateway,
      routes: required(listOf(routes.rest, nameOfRoute)),
      resourcePolicy: POLICY,
      apiKeys: TEXTS,
      gatewayResponses: mapOf(GATEWAY_RESPONSE, undefined, GATEWAY_RESPONSE_TYPES),
      binaryMediaTypes: TEXTS,
    }),
    http: record<HttpApiDefinition>('HttpApiDefinition', 'an HTTP API', {
      kind: required(choice('http')),
      ...gateway,
      cors: CORS,
      routes: required(listOf(routes.http, nameOfRoute)),
    }),
    websocket: record<WebSocketApiDefinition>('WebSocketApiDefinition', 'a WebSocket API', {
      kind: required(choice('websocket')),
      ...gateway,
      routeSelectionExpression: {
        is: 'text',
        pattern: /^\$request\.body\.\S+$/,
        like: 'a text such as $request.body.action',
      },
      routes: required(listOf(routes.websocket, nameOfRoute)),
    }),
    'function-url': record<FunctionUrlDefinition>('FunctionUrlDefinition', 'a function URL', {
      kind: required(choice('function-url')),
      ...anyApi,
      functionName: TEXT,
      authorization: AUTHORIZATION,
      resourcePolicy: POLICY,
      ...integration,
    }),
  });
  const variants: Shape = { is: 'variants', by: 'kind', of: kinds, fallback: 'rest' };
  return mapOf(variants, (name) => `API ${name}`);
}

const BUCKETS: Shape = mapOf(
  record<BucketDefinition>('BucketDefinition', 'a bucket', {
    account: required(TEXT),
    region: TEXT,
    policies: listOf(POLICY),
    cors: listOf(
      record<CorsRule>('CorsRule', 'a CORS rule', {
        AllowedOrigins: required(TEXTS),
        AllowedMethods: required(listOf(choice(...CORS_METHODS))),
        AllowedHeaders: TEXTS,
        ExposeHeaders: TEXTS,
        MaxAgeSeconds: { is: 'number', from: 0, to: 2_147_483_647 },
        ID: TEXT,
      }),
    ),
    objects: mapOf(
      record<ObjectDefinition>('ObjectDefinition', 'an object', {
        body: required(ANYTHING),
        contentType: TEXT,
        metadata: mapOf(TEXT),
      }),
    ),
    multiRegionAccessPoint: TEXT,
    maxBytes: { is: 'number', from: 0, to: Number.MAX_SAFE_INTEGER },
  }),
  (name) => `bucket ${name}`,
);

/** `route GET /orders`, or its number where it has no such name. */
function nameOfRoute(route: unknown, at: number): string {
  const { method, path, routeKey } = Object(route) as Readonly<Record<string, unknown>>;
  const named = [method, path, routeKey].filter((part) => typeof part === 'string').join(' ');
  return `route ${named || `number ${at + 1}`}`;
}

const accounts = mapOf(ACCOUNT, (id) => `account ${id}`);

const AWS: Fields<AwsOptions> = {
  region: TEXT,
  accounts,
  apis: apis(INTEGRATION),
  clock: { is: 'object' },
  context: ANYTHING,
  onRequest: FUNCTION,
};

export const SHAPES: DefinitionShapes = {
  aws: { ...record<AwsOptions>('AwsOptions', 'mswAws', AWS), isRoot: true },
  localAws: {
    ...record<LocalAwsOptions>('LocalAwsOptions', 'startLocalAws', {
      ...AWS,
      buckets: BUCKETS,
      s3Port: PORT,
      stsPort: PORT,
      tlsPort: PORT,
      host: TEXT,
    }),
    isRoot: true,
  },
  file: {
    ...record<CliFile>('CliFile', 'the file', {
      region: TEXT,
      port: ANYTHING,
      accounts,
      apis: apis(FILE_INTEGRATION),
      buckets: BUCKETS,
      $schema: TEXT,
    }),
    isRoot: true,
  },
};
