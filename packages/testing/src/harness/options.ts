import type { ApiDefinition, ApiResponse } from '../api/api-definition.ts';
import type { BucketDefinition } from '../buckets/bucket-definition.ts';
import type { AccountDefinition } from '../iam/account-definition.ts';
import type { GivenContext } from '../iam/request-context.ts';
import type { TestClock } from './clock.ts';
import type { SeenRequest } from './seen-request.ts';

/** What a local AWS consists of, with servers or with MSW. `Api`: the names of its APIs. */
export interface AwsOptions<Api extends string = string> {
  /** Account id of 12 digits → what is in it. */
  readonly accounts?: Readonly<Record<string, AccountDefinition>>;
  /** Name → API. */
  readonly apis?: Readonly<Record<Api, ApiDefinition>>;
  /** The region of STS, and of each API that names none. Default: `eu-west-1`. */
  readonly region?: string;
  /** The clock of all services. Default: one that starts now and stands still until it is moved. */
  readonly clock?: TestClock;
  /**
   * Condition keys that policies see in place of the local AWS's own, such as `aws:SourceIp` (else
   * `127.0.0.1`), `aws:SourceVpce`, `aws:SecureTransport` (else `true`): the same for all requests,
   * or a function of the request.
   */
  readonly context?: GivenContext;
  /** Called for each request when it has been answered. */
  readonly onRequest?: (request: SeenRequest) => void;
}

/** `Api` and `Bucket`: the names of its APIs and of its buckets. */
export interface LocalAwsOptions<
  Api extends string = string,
  Bucket extends string = string,
> extends AwsOptions<Api> {
  /** Name → bucket of S3. */
  readonly buckets?: Readonly<Record<Bucket, BucketDefinition>>;
  /** The port of S3 on 127.0.0.1. Default: a free one. */
  readonly s3Port?: number;
  /** The port of STS on 127.0.0.1. Default: a free one. */
  readonly stsPort?: number;
  /** The port of all host names, with TLS, on 127.0.0.1. Default: a free one. */
  readonly tlsPort?: number;
  /**
   * The address to listen at: `0.0.0.0`, so that containers reach it. Whoever reaches it can move its
   * clock and read its keys' names. Default: `127.0.0.1`.
   */
  readonly host?: string;
}

/** What the JSON file says; all of it can be left out. */
export interface CliFile {
  /** The region of STS, and of each API that names none. Default: `eu-west-1`. */
  readonly region?: string;
  /** The port of STS. TLS has the next one, then the APIs in their order, then S3. Default: 4580. */
  readonly port?: number;
  /** Account id of 12 digits → what is in it. */
  readonly accounts?: Readonly<Record<string, AccountDefinition>>;
  /** As for `startLocalAws`, with a `response` in place of a handler. Default: an echo. */
  readonly apis?: Readonly<Record<string, ApiDefinition>>;
  /** As for `startLocalAws`. */
  readonly buckets?: Readonly<Record<string, BucketDefinition>>;
  /** For editors: `node_modules/@sigv4/testing/schema.json`. */
  readonly $schema?: string;
}

/** What answers a route, or a function URL, of the file. */
export interface WithResponse {
  /** What is answered. Default: an echo of the request. */
  readonly response?: ApiResponse;
}
