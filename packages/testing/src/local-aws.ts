import { randomUUID } from 'node:crypto';

import { Accounts, type AccountDefinition, type TestCredentials } from './accounts.ts';
import type { ApiDefinition } from './api-definition.ts';
import { handleApiRequest, loadApi, type Handled } from './api-gateway.ts';
import { createClock, type TestClock } from './clock.ts';
import { serveOnLoopback, type LoopbackServer } from './http-server.ts';
import type { RawRequest } from './raw-request.ts';
import type { SeenRequest } from './seen-request.ts';
import { handleStsRequest } from './sts-service.ts';

export interface LocalAwsOptions {
  /** Account id of 12 digits → what is in it. */
  readonly accounts?: Readonly<Record<string, AccountDefinition>>;
  /** Name → REST API. */
  readonly apis?: Readonly<Record<string, ApiDefinition>>;
  /** Of STS, and of each API that names none. Default: `eu-west-1`. */
  readonly region?: string;
  /** What all of it goes by. Default: one that starts now and stands still until it is moved. */
  readonly clock?: TestClock;
}

export interface LocalApi {
  /** With its first stage: `http://127.0.0.1:{port}/prod`. */
  readonly url: string;
  readonly id: string;
  readonly region: string;
}

/** An AWS of one's own: IAM-protected APIs and an STS, on loopback. */
export interface LocalAws {
  readonly region: string;
  readonly stsUrl: string;
  /** By name. */
  readonly apis: Readonly<Record<string, LocalApi>>;
  /**
   * The URL of the only API, or of the first.
   * @throws {TypeError} if there is none
   */
  readonly apiUrl: string;
  /** Every request that came, in the order of the answers. */
  readonly requests: readonly SeenRequest[];
  readonly clock: TestClock;
  /**
   * The access key of a user, `arn:aws:iam::111111111111:user/order-service`.
   * @throws {TypeError} if there is no such user
   */
  credentialsOf(userArn: string): TestCredentials;
  /** Ends all sessions of a role at once. */
  revokeSessions(roleArn: string): void;
  /** Stops listening and drops what is still connected. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a local AWS. It verifies signatures, sessions and policies as AWS does, and answers as
 * AWS does when it says no.
 *
 * @throws {TypeError} at a definition that is wrong or asks for what it cannot do
 */
export async function startLocalAws(options: LocalAwsOptions = {}): Promise<LocalAws> {
  const { region = 'eu-west-1', clock = createClock() } = options;
  const accounts = new Accounts(options.accounts ?? {});
  const definitions = Object.entries(options.apis ?? {});
  for (const [name, { account }] of definitions) {
    if (Object.hasOwn(options.accounts ?? {}, account)) continue;
    throw new TypeError(`API ${name}: its account ${account} is not among \`accounts\``);
  }
  const loaded = definitions.map(([name, definition]) => loadApi(name, definition, region));
  const requests: SeenRequest[] = [];

  function serve(
    service: SeenRequest['service'],
    api: string | undefined,
    handle: (request: RawRequest) => Handled | Promise<Handled>,
  ): Promise<LoopbackServer> {
    return serveOnLoopback(async (request) => {
      const came = { service, ...(api === undefined ? undefined : { api }), ...request };
      try {
        const { response, seen } = await handle(request);
        requests.push({ ...came, ...seen, status: response.status });
        return { ...response, headers: { 'x-amzn-RequestId': randomUUID(), ...response.headers } };
      } catch (error) {
        requests.push({ ...came, status: 500, refusal: String(error) });
        throw error;
      }
    }, clock.now);
  }

  const sts = await serve('sts', undefined, (request) =>
    handleStsRequest(accounts, region, clock.now, request),
  );
  const servers = [sts];
  const apis: Record<string, LocalApi> = {};
  for (const api of loaded) {
    const server = await serve('execute-api', api.name, (request) =>
      handleApiRequest(api, accounts, clock.now, request),
    );
    servers.push(server);
    apis[api.name] = { url: `${server.origin}/${api.stages[0]}`, id: api.id, region: api.region };
  }

  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()));
  };
  return {
    region,
    stsUrl: sts.origin,
    apis,
    get apiUrl() {
      const [first] = Object.values(apis);
      if (first) return first.url;
      throw new TypeError('apiUrl: this local AWS has no API; name one in `apis`');
    },
    requests,
    clock,
    credentialsOf: (userArn) => accounts.credentialsOf(userArn),
    revokeSessions: (roleArn) => accounts.revokeSessions(roleArn),
    close,
    [Symbol.asyncDispose]: close,
  };
}
