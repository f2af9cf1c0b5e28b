import type { RawRequest } from './raw-request.ts';
import type { RawResponse } from './raw-response.ts';
import type { WebSocketConnection } from './websocket-connection.ts';

/** One service of the local AWS: an API, STS, S3, or what gives credentials to containers. */
export interface Service {
  readonly service: 'execute-api' | 'lambda' | 's3' | 'sts' | 'container-credentials';
  /** The API's name. */
  readonly api?: string;
  /** The host names that mean this service over TLS. */
  readonly hostNames: readonly string[];
  handle(call: Call): Handled | Promise<Handled>;
  /** Decides on a handshake. Only WebSocket APIs have it. */
  connect?(call: Call): Promise<Handled>;
  /** An error that has nothing to do with who calls, in the service's own form. */
  failure(status: number, call: Call): RawResponse;
  /** The longest body that it takes, in bytes, and what it says of a longer one. */
  readonly longestBody?: number;
  tooLong?(call: Call): RawResponse;
  /** Too many requests, in the service's own form. */
  throttled(call: Call): RawResponse;
}

export interface Call {
  readonly request: RawRequest;
  readonly requestId: string;
  /** ms since the epoch */
  readonly now: () => number;
  /**
   * Waits for a function of the test, at most that long by the kit's clock.
   *
   * @throws {TimedOut}
   */
  readonly within: <T>(ms: number, work: Promise<T> | T) => Promise<T>;
}

/** A function did not answer in time. */
export class TimedOut extends Error {
  constructor(ms: number) {
    super(`it did not answer within ${ms / 1000} seconds of the kit's clock`);
  }
}

/** An answer, and what was found out about the request. */
export interface Handled {
  /** `undefined` if the request is in order and nothing here answers it. */
  readonly response: RawResponse | undefined;
  readonly seen: Finding;
  /** Takes the connection, once the handshake is done. */
  readonly accept?: (connection: WebSocketConnection) => void;
}

/** What a service found out about a request. */
export interface Finding {
  /** The action of a request to STS or S3: `AssumeRole`, `GetObject`, … */
  readonly action?: string;
  /** The access key id of the caller, if a signature names it. */
  readonly accessKeyId?: string;
  /** The ARN of the caller, once the signature was verified. */
  readonly callerArn?: string;
  /** Why it was refused, in AWS's words; `undefined` if it was not. */
  readonly refusal?: string;
  /**
   * Why, in this kit's words: which policy denies, or what none allows; or which mistake explains a
   * signature that does not match.
   */
  readonly because?: string;
  /** The canonical request, with `-` before what was signed and `+` before what came. */
  readonly comparison?: string;
  /** What a handler or function did wrong. */
  readonly failure?: string;
}
