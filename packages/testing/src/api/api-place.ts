import { didYouMean } from '../shape.ts';
import { requestedHost, splitTarget, type RawRequest } from '../wire/raw-request.ts';
import type { RawResponse } from '../wire/raw-response.ts';
import type { Call } from '../wire/service.ts';
import type { ApiDefinition, ApiGatewayDefinition } from './api-definition.ts';
import type { Protected } from './authorization.ts';
import type { Invocation } from './lambda-event.ts';

/** What an API is called, and where it is. */
export interface ApiPlace {
  readonly service: 'execute-api' | 'lambda';
  readonly api: string;
  readonly id: string;
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  /** True for WebSocket APIs. */
  readonly takesSockets: boolean;
  /** At least one. */
  readonly stages: readonly string[];
  /** The one that AWS gives it comes first. */
  readonly hostNames: readonly string[];
  readonly domainName: string | undefined;
  /** With a slash before each segment; empty if the domain name has no other API. */
  readonly basePath: string;
  readonly stageVariables: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** With its first stage, by the name that its callers know. */
  readonly hostUrl: string;
}

/** The longest body of a request that API Gateway takes, in bytes. */
export const LONGEST_BODY = 10_485_760;

/** What API Gateway answers to a longer one, in all kinds of API. */
export function tooLong(): RawResponse {
  return {
    status: 413,
    headers: { 'Content-Type': 'text/plain' },
    body: `HTTP content length exceeded ${LONGEST_BODY} bytes.`,
  };
}

/** What comes before the paths of a stage: nothing, if it is `$default`. */
export function stagePath([stage]: readonly string[]): string {
  return stage === '$default' ? '' : `/${stage}`;
}

/** @throws {TypeError} at an id, a stage or a domain name that is not one */
export function apiPlace(
  name: string,
  definition: ApiDefinition &
    Pick<ApiGatewayDefinition, 'domainName' | 'basePath' | 'stageVariables'>,
  stages: readonly string[],
  defaultRegion: string,
): ApiPlace {
  const { account, region = defaultRegion } = definition;
  const id =
    definition.id ?? `${name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')}0000000000`.slice(0, 10);
  if (!/^[a-z0-9]+$/.test(id)) {
    throw new TypeError(`API ${name}: its id ${id} is not of lower-case letters and digits`);
  }
  const bad = stages.find((stage) => !/^(?:[\w-]+|\$default)$/.test(stage));
  if (stages.length === 0 || bad !== undefined) {
    throw new TypeError(
      `API ${name}: ${bad === undefined ? 'it has no stages' : `${bad} is no stage`}`,
    );
  }
  const domainName = definition.domainName?.toLowerCase();
  if (domainName !== undefined && !/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(domainName)) {
    throw new TypeError(`API ${name}: its domainName ${domainName} is not a host name`);
  }
  const { basePath = '', stageVariables = {} } = definition;
  if (!/^(?:[\w.+!*'()$-]+(?:\/[\w.+!*'()$-]+)*)?$/.test(basePath)) {
    throw new TypeError(`API ${name}: its basePath ${basePath} is not one, such as v1`);
  }
  if (basePath !== '' && domainName === undefined) {
    throw new TypeError(`API ${name}: it has a basePath, and no domainName`);
  }
  const other = Object.keys(stageVariables).find((stage) => !stages.includes(stage));
  if (other !== undefined) {
    throw new TypeError(
      `API ${name}: there are stageVariables of ${other}, and there is no such stage${didYouMean(other, stages)}`,
    );
  }
  const prefix = basePath === '' ? '' : `/${basePath}`;
  const host = `${id}.execute-api.${region}.amazonaws.com`;
  return {
    service: 'execute-api',
    api: name,
    id,
    arn: `arn:aws:execute-api:${region}:${account}:${id}`,
    account,
    region,
    takesSockets: definition.kind === 'websocket',
    stages,
    domainName,
    basePath: prefix,
    stageVariables,
    hostNames: [host, ...(domainName === undefined ? [] : [domainName])],
    hostUrl: `https://${domainName === undefined ? host + stagePath(stages) : domainName + prefix}`,
  };
}

/** Which stage of an API a request is for, and the path there. */
export interface Located {
  readonly stage: string;
  readonly path: string;
}

/**
 * A custom domain name stands for the first stage, behind its base path. Elsewhere a stage is the
 * first segment of the path, and `$default` takes all other paths.
 */
export function locate(
  request: RawRequest,
  { stages, domainName, basePath }: ApiPlace,
): Located | undefined {
  const { path } = splitTarget(request.target);
  if (domainName !== undefined && requestedHost(request) === domainName) {
    const rest = path.slice(basePath.length);
    const isBelow = path.startsWith(basePath) && /^(?:\/|$)/.test(rest);
    return isBelow ? { stage: stages[0] as string, path: rest || '/' } : undefined;
  }
  const [first = '', ...rest] = path.slice(1).split('/');
  if (first !== '$default' && stages.includes(first)) {
    return { stage: first, path: `/${rest.join('/')}` };
  }
  return stages.includes('$default') ? { stage: '$default', path } : undefined;
}

/** What a caller has to be allowed, to get to a path (or route) of an API. */
export function invokeOn(
  { arn, account, region, hostNames }: ApiPlace,
  path: string,
): Omit<Protected, 'authorization' | 'resourcePolicy'> {
  const actions = { 'execute-api:Invoke': {} };
  const resource = `${arn}/${path}`;
  return { service: 'execute-api', actions, region, account, resource, hostNames };
}

/** The part of an invocation that is alike for all APIs. */
export function callOf(
  { request, requestId, now }: Pick<Call, 'request' | 'requestId' | 'now'>,
  { id, account, hostNames, stageVariables }: ApiPlace,
  stage: string,
): Pick<
  Invocation,
  'request' | 'requestId' | 'now' | 'apiId' | 'account' | 'stage' | 'domainName' | 'stageVariables'
> {
  const host = requestedHost(request);
  return {
    request,
    requestId,
    now: now(),
    apiId: id,
    account,
    stage,
    stageVariables: stageVariables[stage],
    // Functions are told AWS's host name also when the call came to 127.0.0.1.
    domainName: hostNames.includes(host) ? host : (hostNames[0] as string),
  };
}
