import type {
  ApiDefinition,
  ApiHandler,
  ApiResponse,
  WebSocketHandler,
} from '../api/api-definition.ts';
import { check } from '../shape.ts';
import { createRunningClock } from './clock.ts';
import { SHAPES } from './definition-shapes.ts';
import type { CliFile, LocalAwsOptions, WithResponse } from './options.ts';

const EVERYTHING = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
} as const;

/** A developer in one account, and in another a role that he can assume, which may call an API. */
const DEFAULT: CliFile = {
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
 * @throws {TypeError} at an unknown field, and at a value that is none of its values
 */
export function readConfig(text: string | undefined, port?: number): LocalAwsOptions {
  const config = text === undefined ? DEFAULT : (JSON.parse(text) as CliFile);
  check(config, SHAPES.file, 'configuration');
  const { accounts = {}, apis = {}, buckets } = config;
  const first = port ?? config.port ?? 4580;
  if (!(Number.isInteger(first) && first >= 0 && first <= 65_000)) {
    throw new TypeError(`port must be a number from 0 to 65000, got ${first}`);
  }
  // Port 0 means any free one, for each server.
  const nth = (n: number): number => (first === 0 ? 0 : first + n);
  const definitions = Object.entries(apis).map(([name, definition], at) => [
    name,
    { port: nth(2 + at), ...withHandlers(definition) },
  ]);
  return {
    ...(config.region !== undefined && { region: config.region }),
    accounts,
    apis: Object.fromEntries(definitions) as Record<string, ApiDefinition>,
    ...(buckets !== undefined && { buckets, s3Port: nth(2 + definitions.length) }),
    stsPort: nth(0),
    tlsPort: nth(1),
    // Callers are other processes, with clocks of their own.
    clock: createRunningClock(),
  };
}

function withHandlers(definition: ApiDefinition & WithResponse): ApiDefinition {
  if (definition.kind === 'function-url') {
    const { response, ...rest } = definition;
    return { ...rest, handler: answering(response) };
  }
  const isSocket = definition.kind === 'websocket';
  const routes = definition.routes.map(({ response, ...route }: WithResponse) => ({
    ...route,
    handler: isSocket ? answeringText(response) : answering(response),
  }));
  return { ...definition, routes } as unknown as ApiDefinition;
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
