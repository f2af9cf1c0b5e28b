import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';

import type { InternalAxiosRequestConfig } from 'axios';

import { hide, hideCarrier } from './hidden.ts';

/** What axios' http adapter makes its requests with: Node's `http` or `https`, or `config.transport`. */
export interface Transport {
  request(options: Options, onResponse: (response: IncomingMessage) => void): ClientRequest;
}

interface Options extends RequestOptions {
  /** The agents of the config, one of which Node uses. */
  readonly agents?: { readonly http?: unknown; readonly https?: unknown };
}

/**
 * A transport whose requests are hidden from the moment they exist: agents keep requests in flight,
 * and errors of other calls show the agent.
 *
 * @param onSend is told what Node is about to be asked; what it throws ends the call
 * @returns `undefined` outside of Node and its likes, where nothing has to be hidden
 */
export function hidingTransport(
  config: InternalAxiosRequestConfig,
  onSend: (options: RequestOptions) => void,
): Transport | undefined {
  const given = config.transport as Transport | undefined;
  const { process } = globalThis;
  if (given === undefined && process?.getBuiltinModule === undefined) return undefined;
  const builtin = ({ protocol }: Options): Transport =>
    protocol === 'https:'
      ? (process.getBuiltinModule('node:https') as Transport)
      : (process.getBuiltinModule('node:http') as Transport);
  return {
    request(options, onResponse) {
      onSend(options);
      const request = (given ?? builtin(options)).request(options, onResponse);
      hide(request);
      // Before the connection stands, a socket holds the text that it is to send.
      request.once?.('socket', hide);
      hideCarrier(Reflect.get(request, 'agent'));
      hideCarrier(options.agents?.http);
      hideCarrier(options.agents?.https);
      if (given === undefined) limitTime(request, config.timeout);
      return request;
    },
  };
}

/**
 * axios' own limit, which also counts while a connection is made. It sets that only for requests
 * that no `config.transport` made.
 */
function limitTime(request: ClientRequest, given: unknown): void {
  const timeout = Number.parseInt(String(given), 10);
  if (!(timeout > 0)) return;
  const timer = setTimeout(() => request.emit('timeout'), timeout);
  const stop = (): void => clearTimeout(timer);
  request.once('response', stop);
  request.once('close', stop);
}
