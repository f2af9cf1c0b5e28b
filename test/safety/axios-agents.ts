import { EventEmitter } from 'node:events';
import http, { type Agent, type ClientRequest } from 'node:http';
import https from 'node:https';

import * as undici from 'undici';

/** Something that carries requests, and that a config of axios names. */
export interface Carrier {
  /** What a call's config says of it. */
  readonly config: object;
  /** What a user may print while calls are in flight. */
  readonly held: readonly unknown[];
  close(): void;
}

const KEEP_ALIVE = { keepAlive: true, rejectUnauthorized: false } as const;

/** An agent that has another one inside. */
class WrappingAgent extends EventEmitter {
  readonly inner: Agent;
  current: ClientRequest | undefined;

  constructor(inner: Agent) {
    super();
    this.inner = inner;
  }

  addRequest(request: ClientRequest, options: object): void {
    this.current = request;
    (this.inner as unknown as WrappingAgent).addRequest(request, options);
  }
}

function agents(make: (Base: typeof Agent) => { agent: unknown; inner: Agent }): Carrier {
  const [ofHttp, ofHttps] = [http.Agent, https.Agent].map((Base) => make(Base));
  return {
    config: { adapter: 'http', httpAgent: ofHttp?.agent, httpsAgent: ofHttps?.agent },
    held: [ofHttp?.agent, ofHttps?.agent],
    close: () => {
      for (const each of [ofHttp, ofHttps]) each?.inner.destroy();
    },
  };
}

function dispatching(dispatcher: undici.Dispatcher): Carrier {
  return {
    config: { adapter: 'fetch', fetchOptions: { dispatcher } },
    held: [dispatcher],
    close: () => void dispatcher.destroy().catch(() => {}),
  };
}

/** @param origin of the server that is called */
export const CARRIERS: Readonly<Record<string, (origin: string) => Carrier>> = {
  'no agent': () => ({ config: { adapter: 'http' }, held: [], close: () => {} }),
  'an agent': () =>
    agents((Base) => {
      const agent = new Base(KEEP_ALIVE);
      return { agent, inner: agent };
    }),
  'an agent of one connection': () =>
    agents((Base) => {
      const agent = new Base({ ...KEEP_ALIVE, maxSockets: 1 });
      return { agent, inner: agent };
    }),
  "an agent of the user's class": () =>
    agents((Base) => {
      class Counting extends Base {
        readonly seen: unknown[] = [];
        // @ts-expect-error -- Node's types do not have it
        override addRequest(request: ClientRequest, options: object): void {
          this.seen.push(request);
          (Base.prototype as unknown as WrappingAgent).addRequest.call(this, request, options);
        }
      }
      const agent = new Counting(KEEP_ALIVE);
      return { agent, inner: agent };
    }),
  'an agent within another': () =>
    agents((Base) => {
      const inner = new Base(KEEP_ALIVE);
      return { agent: new WrappingAgent(inner), inner };
    }),
  'an agent within a plain object': () =>
    agents((Base) => {
      const inner = new Base(KEEP_ALIVE);
      const agent = {
        inner,
        addRequest: (request: ClientRequest, options: object): void =>
          (inner as unknown as WrappingAgent).addRequest(request, options),
      };
      return { agent, inner };
    }),
  'a transport of the user': () => {
    const carrier = agents((Base) => {
      const agent = new Base(KEEP_ALIVE);
      return { agent, inner: agent };
    });
    const transport = {
      request: (options: { protocol: string }, onResponse: () => void): ClientRequest =>
        (options.protocol === 'https:' ? https : http).request(options, onResponse),
    };
    return { ...carrier, config: { ...carrier.config, transport } };
  },
  fetch: () => ({ config: { adapter: 'fetch' }, held: [], close: () => {} }),
  'an undici Agent': () =>
    dispatching(new undici.Agent({ connect: { rejectUnauthorized: false } })),
  'an undici Agent of one connection': () =>
    dispatching(
      new undici.Agent({ connections: 1, pipelining: 1, connect: { rejectUnauthorized: false } }),
    ),
  'an undici Pool': (origin) =>
    dispatching(new undici.Pool(origin, { connect: { rejectUnauthorized: false } })),
  'a composed undici dispatcher': () =>
    dispatching(
      new undici.Agent({ connect: { rejectUnauthorized: false } }).compose(
        (dispatch) => (options, handler) => dispatch(options, handler),
      ),
    ),
};
