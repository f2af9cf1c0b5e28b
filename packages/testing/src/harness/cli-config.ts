import type {
  ApiDefinition,
  ApiHandler,
  ApiResponse,
  WebSocketHandler,
} from '../api/api-definition.ts';
import type { AccountDefinition } from '../iam/account-definition.ts';
import { createRunningClock } from './clock.ts';
import type { LocalAwsOptions } from './local-aws.ts';

/** What the JSON file says; all of it can be left out. */
interface Config {
  readonly region?: string;
  /** The port of STS. TLS has the next one, then the APIs in their order. Default: 4580. */
  readonly port?: number;
  readonly accounts?: Readonly<Record<string, AccountDefinition>>;
  /** As for `startLocalAws`, with a `response` in place of a handler. Default: an echo. */
  readonly apis?: Readonly<Record<string, ApiDefinition>>;
}

const FIELDS = new Set(['region', 'port', 'accounts', 'apis']);

const EVERYTHING = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
} as const;

/** A developer in one account, and in another a role that he can assume, which may call an API. */
const DEFAULT: Config = {
  accounts: {
    '111111111111': { users: { developer: { policies: [EVERYTHING] } } },
    '222222222222': {
      roles: {
        'orders-invoke': {
          trust: {
            Version: '2012-10-17',
            Statement: {
              Effect: 'Allow',
              Principal: { AWS: '111111111111' },
              Action: 'sts:AssumeRole',
            },
          },
          policies: [EVERYTHING],
        },
      },
    },
  },
  apis: {
    orders: { account: '222222222222', routes: [{ method: 'ANY', path: '/{proxy+}' }] },
  },
};

/**
 * @param text the text of the JSON file; without one, there is an example to try
 * @throws {SyntaxError} if the text is not JSON
 * @throws {TypeError} at an unknown field, and at a value of the wrong type
 */
export function readConfig(text: string | undefined, port?: number): LocalAwsOptions {
  const config = text === undefined ? DEFAULT : (JSON.parse(text) as Config);
  expectFields(config, FIELDS, 'configuration');
  const { accounts = {}, apis = {} } = config;
  checkAccounts(accounts);
  expectObject(apis, 'apis');
  const first = port ?? config.port ?? 4580;
  if (!(Number.isInteger(first) && first >= 0 && first <= 65_000)) {
    throw new TypeError(`port must be a number from 0 to 65000, got ${first}`);
  }
  // Port 0 means any free one, for each server.
  const nth = (n: number): number => (first === 0 ? 0 : first + n);
  const definitions = Object.entries(apis).map(([name, definition], at) => [
    name,
    { port: nth(2 + at), ...withHandlers(name, definition) },
  ]);
  return {
    ...(config.region !== undefined && { region: config.region }),
    accounts,
    apis: Object.fromEntries(definitions) as Record<string, ApiDefinition>,
    stsPort: nth(0),
    tlsPort: nth(1),
    // Callers are other processes, with clocks of their own.
    clock: createRunningClock(),
  };
}

const ACCOUNT_FIELDS = new Set('users roles policies oidcProviders organization'.split(' '));
const MEMBER_FIELDS = {
  users: new Set('policies accessKeys tags mfa'.split(' ')),
  roles: new Set('trust policies maxSessionDuration sessionSeconds tags'.split(' ')),
  oidcProviders: new Set('jwks audiences'.split(' ')),
};

function checkAccounts(accounts: Config['accounts'] & object): void {
  expectObject(accounts, 'accounts');
  for (const [account, definition] of Object.entries(accounts)) {
    expectFields(definition, ACCOUNT_FIELDS, `account ${account}`);
    for (const [kind, fields] of Object.entries(MEMBER_FIELDS)) {
      const members: object = definition[kind as keyof typeof MEMBER_FIELDS] ?? {};
      for (const [name, member] of Object.entries(members))
        expectFields(member as object, fields, `account ${account}, ${kind}, ${name}`);
    }
  }
}

interface WithResponse {
  readonly response?: ApiResponse;
}

const API_FIELDS = new Set(
  (
    'kind account id region port domainName stages routes response resourcePolicy apiKeys ' +
    'gatewayResponses binaryMediaTypes authorization routeSelectionExpression functionName'
  ).split(' '),
);
const ROUTE_FIELDS = new Set(
  'method path routeKey authorization apiKeyRequired response'.split(' '),
);

function withHandlers(name: string, definition: ApiDefinition & WithResponse): ApiDefinition {
  expectFields(definition, API_FIELDS, `API ${name}`);
  if (definition.kind === 'function-url') {
    const { response, ...rest } = definition;
    return { ...rest, handler: answering(response) };
  }
  if (!Array.isArray(definition.routes)) throw new TypeError(`API ${name}: routes is no list`);
  const routes = definition.routes.map((given: WithResponse) => {
    expectFields(given, ROUTE_FIELDS, `API ${name}, a route`);
    const { response, ...route } = given;
    const isSocket = definition.kind === 'websocket';
    return { ...route, handler: isSocket ? answeringText(response) : answering(response) };
  });
  return { ...definition, routes } as unknown as ApiDefinition;
}

/** No type checker sees the JSON file, so misspelt names are reported here. */
function expectFields(object: object, fields: ReadonlySet<string>, where: string): void {
  expectObject(object, where);
  const unknown = Object.keys(object).find((field) => !fields.has(field));
  if (unknown === undefined) return;
  throw new TypeError(`${where}: there is no ${unknown}; there are ${[...fields].join(', ')}`);
}

function expectObject(value: unknown, where: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`${where}: expected an object`);
}

function answering(response: ApiResponse | undefined): ApiHandler {
  return response
    ? () => response
    : ({ method, path, pathParameters, query, body, caller }) => ({
        body: { method, path, pathParameters, query: Object.fromEntries(query), body, caller },
      });
}

function answeringText(response: ApiResponse | undefined): WebSocketHandler {
  return ({ routeKey, body }) =>
    routeKey.endsWith('connect') ? undefined : (response?.body ?? body);
}
