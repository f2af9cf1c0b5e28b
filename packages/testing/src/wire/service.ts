import type { RawRequest } from './raw-request.ts';
import type { RawResponse } from './raw-response.ts';
import type { WebSocketConnection } from './websocket-connection.ts';

/** One service of the local AWS: an API, or STS. */
export interface Service {
  readonly service: 'execute-api' | 'lambda' | 'sts';
  /** The API's name. */
  readonly api?: string;
  /** By which it can be asked over TLS. */
  readonly hostNames: readonly string[];
  handle(call: Call): Handled | Promise<Handled>;
  /** Decides on a handshake; of WebSocket APIs only. */
  connect?(call: Call): Promise<Handled>;
  /** An error that has nothing to do with who calls, in the service's own form. */
  failure(status: number, call: Call): RawResponse;
  /** Too many requests, in the service's own form. */
  throttled(call: Call): RawResponse;
}

export interface Call {
  readonly request: RawRequest;
  readonly requestId: string;
  /** ms since the epoch */
  readonly now: () => number;
}

/** An answer, and what is to be told of the request. */
export interface Handled {
  /** `undefined`: it is in order, and nobody here answers it. */
  readonly response: RawResponse | undefined;
  readonly seen: Finding;
  /** Takes the connection, once the handshake is done. */
  readonly accept?: (connection: WebSocketConnection) => void;
}

/** What a service found out about a request. */
export interface Finding {
  /** The action; of STS requests only: `AssumeRole`, … */
  readonly action?: string;
  /** Who called, where a signature says so. */
  readonly accessKeyId?: string;
  /** Who that is, once the signature was verified. */
  readonly callerArn?: string;
  /** Why it was refused, in AWS's words; `undefined` if it was not. */
  readonly refusal?: string;
  /** Of a denial: which policy it comes from, or what no policy allows, in this kit's words. */
  readonly because?: string;
  /** What a handler or function did wrong. */
  readonly failure?: string;
}
