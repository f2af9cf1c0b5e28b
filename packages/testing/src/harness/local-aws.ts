import type { Agent } from 'node:https';

import { stagePath } from '../api/api-place.ts';
import { administrationOf, type Administration } from '../iam/administration.ts';
import { requestedHost, splitTarget } from '../wire/raw-request.ts';
import type { TestClock } from './clock.ts';
import type { Faults } from './faults.ts';
import { control, isControl } from './control.ts';
import { isForContainers } from './container-credentials.ts';
import { connectTo, LocalAgent, type Connect } from './host-names.ts';
import { serveOnLoopback, type LoopbackServer } from './http-server.ts';
import type { LocalAwsOptions } from './options.ts';
import type { SeenRequest } from './seen-request.ts';
import { SimulatedAws } from './simulated-aws.ts';
import { createCertificate } from './tls-certificate.ts';

/** Where one API can be called. */
export interface LocalApi {
  /**
   * With its first stage: `http://127.0.0.1:{port}/prod`. For a WebSocket API, presign this URL;
   * its client then changes `http` to `ws`.
   */
  readonly url: string;
  /**
   * The URL that it would have at AWS, for clients with `httpsAgent` or `connect`:
   * `https://abc123.execute-api.eu-west-1.amazonaws.com/prod`, or its custom domain name.
   */
  readonly hostUrl: string;
  readonly id: string;
  readonly region: string;
}

/** An AWS of one's own: IAM-protected APIs and an STS, on loopback. `Api`: its APIs' names. */
export interface LocalAws<Api extends string = string> extends Administration {
  readonly region: string;
  readonly stsUrl: string;
  /** By name. */
  readonly apis: Readonly<Record<Api, LocalApi>>;
  /**
   * The URL of the only API, or of the first.
   * @throws {TypeError} if there is none
   */
  readonly apiUrl: string;
  /** Every request that came, in the order of the answers; `pending` until then. You can empty it. */
  readonly requests: SeenRequest[];
  readonly clock: TestClock;
  /** What goes wrong with requests, as the test wants it. */
  readonly faults: Faults;
  /** For `node:https`, axios and the AWS SDK: finds AWS's host names and custom ones on loopback. */
  readonly httpsAgent: Agent;
  /** The same for undici, and with it for `fetch` and ky: `new Agent({ connect: aws.connect })`. */
  readonly connect: Connect;
  /** The authority that signed the certificate of these hosts, as PEM. */
  readonly ca: string;
  /** Where these hosts are on 127.0.0.1, for clients in other processes. */
  readonly tlsPort: number;
  /**
   * The environment of a process that is this user or role: region, STS, and access keys; or for a
   * role, where its credentials come from, as in a container of ECS. An SDK's default provider chain
   * finds them, if the process has no other AWS settings.
   *
   * @throws {TypeError} if there is no such user or role
   */
  env(arn: string): Record<string, string>;
  /** Stops listening and drops what is still connected. */
  close(): Promise<void>;
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a local AWS. It verifies signatures, sessions and policies as AWS does, and answers as
 * AWS does when it says no.
 *
 * @throws {TypeError} at a definition that is wrong or asks for what it cannot do
 * @throws {Error} if a port that was chosen is in use
 */
export async function startLocalAws<Api extends string = string>(
  options: LocalAwsOptions<Api> = {},
): Promise<LocalAws<Api>> {
  const services = new SimulatedAws(options, true);
  const { sts, region, accounts, clock, faults, requests } = services;
  const hostNames = new Set([...sts.hostNames, ...services.apis.flatMap((api) => api.hostNames)]);
  const tls = createCertificate([...hostNames, 'localhost']);
  const servers: LoopbackServer[] = [];
  const close = async (): Promise<void> => {
    httpsAgent?.destroy();
    await Promise.all(servers.map((server) => server.close()));
  };
  let httpsAgent: LocalAgent | undefined;

  async function serve(...args: Parameters<typeof serveOnLoopback>): Promise<number> {
    const [serverOptions] = args;
    const server = await serveOnLoopback({ ...serverOptions, host: options.host });
    servers.push(server);
    return server.port;
  }

  const apis = {} as Record<Api, LocalApi>;
  try {
    const stsPort = await serve({
      name: 'STS',
      port: options.stsPort,
      upgrades: false,
      respond: async (request) => {
        if (isForContainers(request.target)) return services.respond(services.containers, request);
        if (!isControl(request.target)) return services.respond(sts, request);
        const urls = Object.fromEntries(
          Object.entries<LocalApi>(apis).map(([name, { url }]) => [name, url]),
        );
        const isForOthers = options.host !== undefined;
        const controlled = { requests, clock, faults, urls, region, isForOthers };
        const response = control(request, controlled);
        return { response, drop: undefined, isGarbage: false };
      },
    });
    for (const api of services.apis) {
      const port = await serve({
        name: `the API ${api.api}`,
        port: options.apis?.[api.api as Api].port,
        upgrades: api.takesSockets,
        respond: (request, upgrade) => services.respond(api, request, upgrade),
      });
      const { id, region: at, hostUrl, stages } = api;
      const url = `http://127.0.0.1:${port}${stagePath(stages)}`;
      apis[api.api as Api] = { url, hostUrl, id, region: at };
    }
    const tlsPort = await serve({
      name: 'TLS',
      port: options.tlsPort,
      tls,
      upgrades: services.apis.some(({ takesSockets }) => takesSockets),
      respond: async (request, upgrade) => {
        const service = services.at(requestedHost(request), splitTarget(request.target).path);
        return service
          ? services.respond(service, request, upgrade)
          : { response: NO_SUCH_HOST, drop: undefined, isGarbage: false };
      },
    });
    const hosts = { ca: tls.ca, port: tlsPort, hostNames };
    httpsAgent = new LocalAgent(hosts);
    return {
      region,
      stsUrl: `http://127.0.0.1:${stsPort}`,
      apis,
      get apiUrl() {
        const [first] = Object.values<LocalApi>(apis);
        if (first) return first.url;
        throw new TypeError('apiUrl: this local AWS has no API; name one in `apis`');
      },
      requests,
      clock,
      faults,
      httpsAgent,
      connect: connectTo(hosts),
      ca: tls.ca,
      tlsPort,
      ...administrationOf(accounts),
      env: (arn) => environmentOf(services, `http://127.0.0.1:${stsPort}`, arn),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function environmentOf(
  { region, accounts, containers }: SimulatedAws,
  stsUrl: string,
  arn: string,
): Record<string, string> {
  const common = { AWS_REGION: region, AWS_ENDPOINT_URL_STS: stsUrl };
  if (accounts.role(arn)) {
    const { path, authorization } = containers.environmentOf(arn);
    return {
      ...common,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: stsUrl + path,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization,
    };
  }
  const { accessKeyId, secretAccessKey } = accounts.credentialsOf(arn);
  return {
    ...common,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
}

const NO_SUCH_HOST = {
  status: 421,
  headers: { 'Content-Type': 'text/plain' },
  body: 'No API or STS of this local AWS has that host name.\n',
};
