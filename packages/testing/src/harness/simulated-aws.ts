import { randomUUID } from 'node:crypto';

import type { ApiDefinition } from '../api/api-definition.ts';
import type { ApiPlace } from '../api/api-place.ts';
import { functionUrl } from '../api/function-url.ts';
import { httpApi } from '../api/http-api.ts';
import { restApi } from '../api/rest-api.ts';
import { webSocketApi } from '../api/websocket-api.ts';
import { Accounts } from '../iam/accounts.ts';
import { contextMaker, type Iam } from '../iam/request-context.ts';
import { sts } from '../sts/sts.ts';
import type { RawRequest } from '../wire/raw-request.ts';
import { half, type RawResponse } from '../wire/raw-response.ts';
import type { Call, Handled, Service } from '../wire/service.ts';
import { check } from '../shape.ts';
import { createClock, durationInMs, within, type TestClock } from './clock.ts';
import { SHAPES } from './definition-shapes.ts';
import { containerCredentials, type ContainerCredentials } from './container-credentials.ts';
import { Faults, type Fault } from './faults.ts';
import type { AwsOptions } from './options.ts';
import { SeenRequest } from './seen-request.ts';

/** What is to be done on the wire. */
export interface Outcome extends Pick<Handled, 'response' | 'accept'> {
  readonly drop: Fault['drop'];
  /** Whether the answer is to be no HTTP at all. */
  readonly isGarbage: boolean;
}

/** All services of one local AWS, without servers. */
export class SimulatedAws {
  readonly region: string;
  readonly clock: TestClock;
  readonly accounts: Accounts;
  readonly faults: Faults;
  readonly requests: SeenRequest[] = [];
  readonly sts: Service;
  readonly containers: ContainerCredentials;
  readonly apis: readonly (ApiPlace & Service)[];
  readonly iam: Iam;
  /** Set by what starts it, since S3 is loaded only where there are buckets. */
  s3: Service | undefined;
  readonly #onRequest: ((request: SeenRequest) => void) | undefined;

  /**
   * @param mustAnswer whether each route must have a handler
   * @throws {TypeError} at a definition that is wrong or asks for what it cannot do
   */
  constructor(options: AwsOptions, mustAnswer: boolean) {
    check(
      options,
      mustAnswer ? SHAPES.localAws : SHAPES.aws,
      mustAnswer ? 'startLocalAws' : 'mswAws',
    );
    const { region = 'eu-west-1', clock = createClock(), accounts = {}, apis = {} } = options;
    this.region = region;
    this.clock = clock;
    this.accounts = new Accounts(accounts, clock.now);
    const iam: Iam = {
      accounts: this.accounts,
      makeContext: contextMaker(this.accounts, clock.now, options.context),
    };
    this.iam = iam;
    this.faults = new Faults(Object.keys(apis));
    this.sts = sts(iam, region);
    this.containers = containerCredentials(this.accounts);
    this.apis = Object.entries(apis).map(([name, definition]) => {
      this.expectAccount(definition.account, `API ${name}`);
      return loadApi(name, definition, iam, region, mustAnswer);
    });
    const places = this.apis.flatMap(({ hostNames, domainName, basePath }) =>
      hostNames.map((host) => (host === domainName ? host + basePath : host)),
    );
    const twice = places.find((place, at) => places.indexOf(place) !== at);
    if (twice !== undefined) {
      throw new TypeError(
        `two APIs are at ${twice}; give them an \`id\`, a \`domainName\` or a \`basePath\` each`,
      );
    }
    this.#onRequest = options.onRequest;
  }

  /** @throws {TypeError} if there is no such account */
  expectAccount(account: string, where: string): void {
    if (!this.accounts.has(account))
      throw new TypeError(`${where}: its account ${account} is not among \`accounts\``);
  }

  /** All that have host names. */
  get named(): readonly Service[] {
    return [this.sts, ...this.apis, ...(this.s3 ? [this.s3] : [])];
  }

  /** The service that a host name means; of several that share it, that with the longest base path. */
  at(host: string, path: string): Service | undefined {
    const one = [this.sts, ...(this.s3 ? [this.s3] : [])].find(({ hostNames }) =>
      hostNames.includes(host),
    );
    if (one) return one;
    const sharing = this.apis
      .filter(({ hostNames }) => hostNames.includes(host))
      .toSorted((a, b) => b.basePath.length - a.basePath.length);
    return sharing.find(({ basePath }) => `${path}/`.startsWith(`${basePath}/`)) ?? sharing[0];
  }

  /**
   * Answers a request. If a function of the test throws, the answer tells its stack.
   *
   * @param upgrade whether it asks for a WebSocket
   */
  async respond(service: Service, request: RawRequest, upgrade = false): Promise<Outcome> {
    const seen = new SeenRequest(service, request);
    this.requests.push(seen);
    try {
      return await this.#respond(service, request, upgrade, seen);
    } catch (error) {
      const handled = crash(error, this.clock.now());
      this.#settle(seen, handled, undefined);
      return { response: handled.response, drop: undefined, isGarbage: false };
    }
  }

  async #respond(
    service: Service,
    request: RawRequest,
    upgrade: boolean,
    seen: SeenRequest,
  ): Promise<Outcome> {
    const { service: name, api } = service;
    const asked = { service: name, ...(api !== undefined && { api }), ...request };
    const action = name === 'sts' ? actionOf(request) : undefined;
    const fault = this.faults.of({ ...asked, ...(action !== undefined && { action }) });
    if (fault?.drop === 'before') {
      this.#settle(seen, { response: undefined, seen: {} }, fault);
      return { response: undefined, drop: 'before', isGarbage: false };
    }
    const skew = durationInMs(fault?.skew ?? 0);
    const call: Call = {
      request,
      requestId: randomUUID(),
      now: () => this.clock.now() + skew,
      within: (ms, work) => within(this.clock, ms, work),
    };
    const handled = await perform(service, call, fault, upgrade);
    await this.#delay(fault?.latency ?? 0);
    const response = handled.response && spoil(handled.response, fault, call.now());
    this.#settle(seen, { ...handled, response }, fault);
    return {
      response,
      ...(handled.accept && { accept: handled.accept }),
      drop: fault?.drop,
      isGarbage: fault?.malformed === 'http',
    };
  }

  async #delay(latency: number | string): Promise<void> {
    const ms = durationInMs(latency);
    if (ms === Infinity) await new Promise(() => {});
    this.clock.advance(ms);
  }

  /** A request that is answered comes last, so the answered ones are in the order of their answers. */
  #settle(seen: SeenRequest, { response, seen: finding }: Handled, fault: Fault | undefined): void {
    const isLost = fault?.drop === 'before' || fault?.drop === 'after';
    seen.settle(finding, isLost ? 0 : (response?.status ?? 0), fault);
    const at = this.requests.lastIndexOf(seen);
    if (at !== -1) this.requests.splice(at, 1);
    this.requests.push(seen);
    this.#onRequest?.(seen);
  }
}

function loadApi(
  name: string,
  definition: ApiDefinition,
  iam: Iam,
  region: string,
  mustAnswer: boolean,
): ApiPlace & Service {
  switch (definition.kind) {
    case 'http':
      return httpApi(name, definition, iam, region, mustAnswer);
    case 'websocket':
      return webSocketApi(name, definition, iam, region);
    case 'function-url':
      return functionUrl(name, definition, iam, region, mustAnswer);
    default:
      return restApi(name, definition, iam, region, mustAnswer);
  }
}

function perform(
  service: Service,
  call: Call,
  fault: Fault | undefined,
  upgrade: boolean,
): Handled | Promise<Handled> {
  if (fault?.throttled === true) return { response: service.throttled(call), seen: {} };
  if (fault?.status !== undefined) {
    return { response: service.failure(fault.status, call), seen: {} };
  }
  if (service.tooLong && call.request.body.length > (service.longestBody ?? Infinity)) {
    return { response: service.tooLong(call), seen: { refusal: 'its body is too long' } };
  }
  return upgrade && service.connect ? service.connect(call) : service.handle(call);
}

function crash(error: unknown, now: number): Handled {
  const body = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const response = { status: 500, headers: { 'Content-Type': 'text/plain' }, body };
  return { response: spoil(response, undefined, now), seen: { failure: String(error) } };
}

function spoil(response: RawResponse, fault: Fault | undefined, now: number): RawResponse {
  const headers = { Date: new Date(now).toUTCString(), ...response.headers, ...fault?.headers };
  switch (fault?.malformed) {
    case 'truncated':
      return { ...response, headers, body: half(response.body) };
    case 'body':
      return { ...response, headers, body: '<{"' };
    default:
      return { ...response, headers };
  }
}

function actionOf({ method, target, body }: RawRequest): string | undefined {
  const text = method === 'POST' ? Buffer.from(body).toString('latin1') : target;
  return /(?:^|[&?])Action=(\w+)/.exec(text)?.[1];
}
