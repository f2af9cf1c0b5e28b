import { randomUUID } from 'node:crypto';

import type { TestCredentials } from './access-keys.ts';
import type { AccountDefinition } from './account-definition.ts';
import { Accounts } from './accounts.ts';
import type { ApiDefinition } from './api-definition.ts';
import { handleApiRequest, loadApi, type Handled } from './api-gateway.ts';
import { createClock, type TestClock } from './clock.ts';
import { serveOnLoopback, type LoopbackServer } from './http-server.ts';
import type { RawRequest } from './raw-request.ts';
import { contextMaker, type GivenContext } from './request-context.ts';
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
  /**
   * Condition keys that policies see in place of the local AWS's own, such as `aws:SourceIp` (else
   * `127.0.0.1`), `aws:SourceVpce`, `aws:SecureTransport` (else `true`): the same for all requests,
   * or a function of the request.
   */
  readonly context?: GivenContext;
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
   * The newest active access key of a user, `arn:aws:iam::111111111111:user/order-service`.
   * @throws {TypeError} if there is no such user, or he has none
   */
  credentialsOf(userArn: string): TestCredentials;
  /**
   * One key more, for a rotation.
   * @throws {TypeError} if there is no such user, or he has two already, as AWS's quota is
   */
  createAccessKey(userArn: string): TestCredentials;
  /**
   * With a key that is not active, AWS knows its caller no more than with one that was deleted.
   * @throws {TypeError} if there is no such key
   */
  updateAccessKey(accessKeyId: string, status: 'Active' | 'Inactive'): void;
  /** @throws {TypeError} if there is no such key */
  deleteAccessKey(accessKeyId: string): void;
  /**
   * Denies everything to the sessions that a role has, as "Revoke active sessions" in AWS's console
   * does: 403 with an explicit deny. New sessions are not touched.
   */
  revokeSessions(roleArn: string): void;
  /**
   * The sessions that a role has are not known any more, as if it was deleted and made anew: "The
   * security token included in the request is invalid."
   */
  forgetSessions(roleArn: string): void;
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
  const accounts = new Accounts(options.accounts ?? {}, clock.now);
  const makeContext = contextMaker(accounts, clock.now, options.context);
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
    handleStsRequest(accounts, region, clock.now, makeContext, request),
  );
  const servers = [sts];
  const apis: Record<string, LocalApi> = {};
  for (const api of loaded) {
    const server = await serve('execute-api', api.name, (request) =>
      handleApiRequest(api, accounts, clock.now, makeContext, request),
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
    createAccessKey: (userArn) => accounts.createAccessKey(userArn),
    updateAccessKey: (accessKeyId, status) =>
      accounts.setAccessKeyActive(accessKeyId, status === 'Active'),
    deleteAccessKey: (accessKeyId) => accounts.deleteAccessKey(accessKeyId),
    revokeSessions: (roleArn) => accounts.revokeSessions(roleArn),
    forgetSessions: (roleArn) => accounts.forgetSessions(roleArn),
    close,
    [Symbol.asyncDispose]: close,
  };
}
