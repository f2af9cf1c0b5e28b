import type { Agent } from 'node:https';

import { stagePath } from '../api/api-place.ts';
import type { StoredObject } from '../buckets/bucket.ts';
import type { S3 } from '../buckets/s3.ts';
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

/** A bucket of S3. */
export interface LocalBucket {
  /** With the bucket in its path: `http://127.0.0.1:{port}/photos`. */
  readonly url: string;
  /**
   * The URL that it has at AWS, for clients with `httpsAgent` or `connect`:
   * `https://photos.s3.eu-west-1.amazonaws.com`.
   */
  readonly hostUrl: string;
  readonly region: string;
  /** What is in it, by key. */
  readonly objects: ReadonlyMap<string, StoredObject>;
}

/**
 * An AWS of one's own: IAM-protected APIs, buckets, and an STS, on loopback. `Api` and `Bucket`: the
 * names of its APIs and buckets.
 */
export interface LocalAws<
  Api extends string = string,
  Bucket extends string = string,
> extends Administration {
  readonly region: string;
  readonly stsUrl: string;
  /** By name. */
  readonly apis: Readonly<Record<Api, LocalApi>>;
  /** By name. */
  readonly buckets: Readonly<Record<Bucket, LocalBucket>>;
  /**
   * S3, as the `endpoint` of an SDK's client.
   * @throws {TypeError} if there is no bucket
   */
  readonly s3Url: string;
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
export async function startLocalAws<Api extends string = string, Bucket extends string = string>(
  options: LocalAwsOptions<Api, Bucket> = {},
): Promise<LocalAws<Api, Bucket>> {
  const services = new SimulatedAws(options, true);
  const { sts, region, accounts, clock, faults, requests } = services;
  const s3 = await loadS3(services, options);
  services.s3 = s3;
  const hostNames = new Set(services.named.flatMap((service) => service.hostNames));
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
    const s3Port =
      s3 &&
      (await serve({
        name: 'S3',
        port: options.s3Port,
        upgrades: false,
        respond: (request) => services.respond(s3, request),
      }));
    const s3Url = s3Port === undefined ? undefined : `http://127.0.0.1:${s3Port}`;
    const buckets = {} as Record<Bucket, LocalBucket>;
    for (const { name, region: at, objects } of s3?.buckets ?? []) {
      const hostUrl = `https://${name}.s3.${at}.amazonaws.com`;
      buckets[name as Bucket] = { url: `${s3Url}/${name}`, hostUrl, region: at, objects };
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
    const aws = {
      region,
      stsUrl: `http://127.0.0.1:${stsPort}`,
      apis,
      buckets,
      requests,
      clock,
      faults,
      httpsAgent,
      connect: connectTo(hosts),
      ca: tls.ca,
      tlsPort,
      ...administrationOf(accounts),
      env: (arn: string) => environmentOf(services, `http://127.0.0.1:${stsPort}`, s3Url, arn),
      close,
      [Symbol.asyncDispose]: close,
    };
    const [first] = Object.values<LocalApi>(apis);
    const withS3 = withUrl(aws, 's3Url', s3Url, 'no bucket; name one in `buckets`');
    return withUrl(withS3, 'apiUrl', first?.url, 'no API; name one in `apis`');
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * A URL, or an error that says why there is none. It is enumerable only if it is there, so that
 * whoever copies or prints the local AWS does not meet the error.
 */
function withUrl<T extends object, Name extends string>(
  aws: T,
  name: Name,
  url: string | undefined,
  lack: string,
): T & Readonly<Record<Name, string>> {
  const get = (): string => {
    if (url !== undefined) return url;
    throw new TypeError(`${name}: this local AWS has ${lack}`);
  };
  Object.defineProperty(aws, name, { get, enumerable: url !== undefined });
  return aws as T & Readonly<Record<Name, string>>;
}

/** Most tests have no bucket, and need not wait for what answers for one. */
async function loadS3(
  services: SimulatedAws,
  { buckets = {} }: LocalAwsOptions,
): Promise<S3 | undefined> {
  const definitions = Object.entries(buckets);
  if (definitions.length === 0) return undefined;
  for (const [name, { account }] of definitions) services.expectAccount(account, `bucket ${name}`);
  const { s3 } = await import('../buckets/s3.ts');
  return s3(buckets, services.iam, services.region, services.clock.now);
}

function environmentOf(
  { region, accounts, containers }: SimulatedAws,
  stsUrl: string,
  s3Url: string | undefined,
  arn: string,
): Record<string, string> {
  const common = {
    AWS_REGION: region,
    AWS_ENDPOINT_URL_STS: stsUrl,
    ...(s3Url !== undefined && { AWS_ENDPOINT_URL_S3: s3Url }),
  };
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
  body: 'No API, bucket or STS of this local AWS has that host name.\n',
};
