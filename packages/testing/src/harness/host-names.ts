import { Agent, type AgentOptions } from 'node:https';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]', '::1']);

/** Where connections to AWS's host names go. */
export interface LocalHosts {
  /** PEM. */
  readonly ca: string;
  /** The port of the TLS server on 127.0.0.1. */
  readonly port: number;
  readonly hostNames: ReadonlySet<string>;
}

/** Where a client wants to connect to. */
interface Target {
  readonly hostname?: string | null | undefined;
  readonly host?: string | null | undefined;
  readonly port?: string | number | null | undefined;
  readonly protocol?: string | null | undefined;
  readonly servername?: string | null | undefined;
}

/** undici's `connect` option, of `Agent`, `Pool` and `Client`. */
export type Connect = (
  target: Target,
  callback: (...answer: [error: null, socket: Socket] | [error: Error, socket: null]) => void,
) => void;

/** For `node:https`, axios and the AWS SDK: an agent that has AWS's host names on loopback. */
export class LocalAgent extends Agent {
  readonly #hosts: LocalHosts;

  constructor(hosts: LocalHosts) {
    super({ keepAlive: true });
    this.#hosts = hosts;
  }

  override createConnection(
    options: AgentOptions,
    callback?: Parameters<Agent['createConnection']>[1],
  ): ReturnType<Agent['createConnection']> {
    const place = placeOf(options, this.#hosts);
    return super.createConnection({ ...options, ...place }, callback);
  }
}

/** For undici, and with it `fetch`: `new Agent({ connect })`. */
export function connectTo(hosts: LocalHosts): Connect {
  return (target, callback) => {
    let socket: Socket;
    try {
      const place = placeOf({ ...target, host: target.hostname }, hosts);
      const isPlain = target.protocol === 'http:';
      socket = isPlain ? connectPlain(place) : connectTls(place);
      socket.once(isPlain ? 'connect' : 'secureConnect', () => {
        socket.off('error', fail);
        callback(null, socket);
      });
    } catch (error) {
      return callback(error as Error, null);
    }
    function fail(error: Error): void {
      callback(error, null);
    }
    socket.once('error', fail);
    return undefined;
  };
}

/** Nothing goes further than this machine: a test that asks for another host is told so. */
function placeOf(
  { host, port, protocol }: Target,
  { ca, port: localPort, hostNames }: LocalHosts,
): { host: string; port: number; ca: string; servername?: string } {
  const asked = (host ?? 'localhost').toLowerCase();
  if (LOOPBACK.has(asked)) {
    return {
      host: asked === 'localhost' ? '127.0.0.1' : asked.replace(/^\[(.*)\]$/, '$1'),
      port: Number(port) || (protocol === 'http:' ? 80 : 443),
      ca,
    };
  }
  if (hostNames.has(asked)) return { host: '127.0.0.1', port: localPort, ca, servername: asked };
  throw new Error(
    `This local AWS has no host ${asked}, and connects to no other machine. It has ${[...hostNames].join(', ')}.`,
  );
}
