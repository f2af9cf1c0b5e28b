import type { Accounts } from './accounts.ts';
import type { Identity } from './identity.ts';
import type { ApiDefinition, ApiRequest, ApiResponse, Route } from './api-definition.ts';
import type { RawResponse } from './http-server.ts';
import type { ConditionContext } from './policy-condition-keys.ts';
import { loadPolicy, type Statement } from './policy-document.ts';
import { decide, explainDenial } from './policy-evaluation.ts';
import { queryParameters, splitTarget, utf8, type RawRequest } from './raw-request.ts';
import type { MakeContext } from './request-context.ts';
import type { SeenRequest } from './seen-request.ts';
import { verifySignature } from './verify-signature.ts';

/** An API with everything of its definition filled in. */
export interface Api {
  readonly name: string;
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly stages: readonly string[];
  readonly routes: readonly Route[];
  readonly resourcePolicy: readonly Statement[];
}

/** @throws {TypeError} at a resource policy that is not one */
export function loadApi(name: string, definition: ApiDefinition, defaultRegion: string): Api {
  const { account, region = defaultRegion, stages = ['prod'], routes, resourcePolicy } = definition;
  for (const { method, path, handler } of routes) {
    if (!path.startsWith('/') || typeof handler !== 'function') {
      throw new TypeError(
        `API ${name}, route ${method} ${path}: expected a path that starts with "/" and a handler`,
      );
    }
  }
  const id =
    definition.id ?? `${name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')}0000000000`.slice(0, 10);
  const arn = `arn:aws:execute-api:${region}:${account}:${id}`;
  return {
    name,
    id,
    account,
    region,
    stages,
    routes,
    resourcePolicy: resourcePolicy
      ? loadPolicy(resourcePolicy, 'resource', `resource policy of the API ${name}`, (resource) =>
          resource.startsWith('execute-api:/')
            ? `${arn}/${resource.slice('execute-api:/'.length)}`
            : resource,
        )
      : [],
  };
}

/** An answer, and what is to be told of the request. */
export interface Handled {
  readonly response: RawResponse;
  readonly seen: Partial<SeenRequest>;
}

/**
 * Answers as a REST API with IAM authorization does: route, signature, policies, handler.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-authorization-flow.html
 */
export async function handleApiRequest(
  api: Api,
  accounts: Accounts,
  now: () => number,
  makeContext: MakeContext,
  request: RawRequest,
): Promise<Handled> {
  const { path, query } = splitTarget(request.target);
  const [stage = '', ...rest] = path.slice(1).split('/');
  const resourcePath = `/${rest.join('/')}`;
  const found = api.stages.includes(stage)
    ? findRoute(api.routes, request.method, resourcePath)
    : undefined;
  if (!found) return refuse('MissingAuthenticationTokenException', 'message', NO_ROUTE);

  let caller: Caller | undefined;
  if (found.route.authorization !== 'NONE') {
    const verdict = verifySignature(request, {
      keys: (id) => accounts.key(id),
      service: 'execute-api',
      region: api.region,
      now,
    });
    const known =
      verdict.accessKeyId === undefined ? undefined : { accessKeyId: verdict.accessKeyId };
    if (!verdict.ok) return refuse(verdict.type, 'message', verdict.message, known);
    const identity = accounts.identityOf(verdict.accessKeyId);
    caller = { accessKeyId: verdict.accessKeyId, identity };
    const { region, account: resourceAccount } = api;
    const context = makeContext(request, { identity, region, resourceAccount });
    const invoked = `${stage}/${request.method}${resourcePath}`;
    const denial = authorize(api, invoked, identity, context);
    if (denial !== undefined) {
      return refuse('AccessDeniedException', 'Message', denial.message, {
        ...known,
        because: denial.because,
        callerArn: identity.principal.arn,
      });
    }
  }
  const answer = await found.route.handler(
    apiRequest(request, resourcePath, found.parameters, query, caller),
  );
  return {
    response: rawResponse(answer),
    seen: caller
      ? { accessKeyId: caller.accessKeyId, callerArn: caller.identity.principal.arn }
      : {},
  };
}

interface Caller {
  readonly accessKeyId: string;
  readonly identity: Identity;
}

/** API Gateway does not tell an unknown route from an unsigned call. */
const NO_ROUTE = 'Missing Authentication Token';

/** @returns AWS's message, or `undefined` if the call is allowed */
function authorize(
  api: Api,
  invoked: string,
  { principal, policies, session }: Identity,
  context: ConditionContext,
): { readonly message: string; readonly because: string } | undefined {
  const asked = {
    principal,
    action: 'execute-api:Invoke',
    resource: `arn:aws:execute-api:${api.region}:${api.account}:${api.id}/${invoked}`,
    resourceAccount: api.account,
    context,
  };
  const all = { identity: policies, session: session?.policies, resource: api.resourcePolicy };
  const decision = decide(asked, all);
  if (decision === 'allowed') return undefined;
  const masked = `arn:aws:execute-api:${api.region}:********${api.account.slice(-4)}:${api.id}/${invoked}`;
  const explicitly = decision === 'explicitly-denied' ? ' with an explicit deny' : '';
  return {
    message: `User: ${principal.arn} is not authorized to perform: execute-api:Invoke on resource: ${masked}${explicitly}`,
    because: explainDenial(asked, all),
  };
}

function refuse(
  type: string,
  field: 'message' | 'Message',
  refusal: string,
  seen: Partial<SeenRequest> = {},
): Handled {
  return {
    response: {
      status: 403,
      headers: { 'Content-Type': 'application/json', 'x-amzn-ErrorType': type },
      body: JSON.stringify({ [field]: refusal }),
    },
    seen: { ...seen, refusal },
  };
}

interface FoundRoute {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Static segments go before `{id}`, `{id}` before `{proxy+}`; a method before `ANY`. */
function findRoute(routes: readonly Route[], method: string, path: string): FoundRoute | undefined {
  const candidates = routes
    .filter((route) => route.method === method || route.method === 'ANY')
    .toSorted((a, b) => specificity(b) - specificity(a));
  for (const route of candidates) {
    const names: string[] = [];
    const pattern = route.path
      .replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&')
      .replaceAll(/\{([\w-]+)(\\\+)?\}/g, (_, name: string, greedy: string | undefined) => {
        names.push(name);
        return greedy ? '(.+)' : '([^/]+)';
      });
    const values = new RegExp(`^${pattern}/?$`).exec(path)?.slice(1);
    if (values) {
      return {
        route,
        parameters: Object.fromEntries(
          names.map((name, at) => [name, decode(values[at] as string)]),
        ),
      };
    }
  }
  return undefined;
}

function specificity({ method, path }: Route): number {
  const greedy = path.includes('+}') ? 4 : 0;
  const variable = /\{[^{}+]+\}/.test(path) ? 2 : 0;
  return -(greedy + variable + (method === 'ANY' ? 1 : 0));
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function apiRequest(
  request: RawRequest,
  path: string,
  pathParameters: Readonly<Record<string, string>>,
  query: string,
  caller: Caller | undefined,
): ApiRequest {
  return {
    method: request.method,
    path,
    pathParameters,
    query: new URLSearchParams(
      queryParameters(query).map(([name, value]) => [utf8(name), utf8(value)]),
    ),
    headers: new Headers(request.rawHeaders.map(([name, value]) => [name, value])),
    body: new TextDecoder().decode(request.body),
    bodyBytes: request.body,
    caller: caller && {
      arn: caller.identity.principal.arn,
      account: caller.identity.principal.account,
      accessKeyId: caller.accessKeyId,
    },
  };
}

function rawResponse({ status = 200, headers = {}, body = '' }: ApiResponse): RawResponse {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  return {
    status,
    headers: { ...(isRaw ? undefined : { 'Content-Type': 'application/json' }), ...headers },
    body: isRaw ? body : JSON.stringify(body),
  };
}
