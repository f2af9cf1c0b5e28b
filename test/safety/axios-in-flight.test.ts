import { once } from 'node:events';
import { createServer as createH2Server } from 'node:http2';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';

import axios, { type AxiosError, type AxiosInstance, type AxiosResponse } from 'axios';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';

import { isOldest } from '../wire/clients.ts';
import { CARRIERS, type Carrier } from './axios-agents.ts';
import { shown } from './shown.ts';

/** As long as those of STS, and without a piece that comes twice. */
const TOKEN = Array.from({ length: 100 }, (_, at) => `tok/${(at * 7919 + 104729).toString(36)}+=`)
  .join('')
  .slice(0, 800);

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: TOKEN };

/** Whatever came, as text. */
const came: string[] = [];
const arrivals = { waiting: [] as (() => void)[] };
const open = new Set<Socket>();

/** How the server behaves, by the path. */
const ANSWERS: Readonly<Record<string, string | undefined>> = {
  ok: 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello',
  refused: 'HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\nno',
  nonsense: 'nonsense\r\n\r\n',
  half: 'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello',
};

function serve(socket: Socket): void {
  open.add(socket);
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
      const head = text.slice(0, end);
      text = text.slice(end + 4);
      came.push(head);
      for (const arrived of arrivals.waiting.splice(0)) arrived();
      const path = /^\w+ (?:http:\/\/[^/]+)?\/(\w+)/.exec(head)?.[1] ?? '';
      if (path === 'reset') socket.destroy();
      if (ANSWERS[path] !== undefined) socket.write(ANSWERS[path]);
      if (path === 'half') socket.end();
    }
  });
}

function port(server: Server): number {
  return (server.address() as AddressInfo).port;
}

let plain: Server;
let secure: Server;
beforeAll(async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }]);
  plain = createServer(serve).listen(0, '127.0.0.1');
  secure = createTlsServer({ cert, key }, serve).listen(0, '127.0.0.1');
  await Promise.all([once(plain, 'listening'), once(secure, 'listening')]);
});
afterAll(() => {
  for (const socket of open) socket.destroy();
  plain.close();
  secure.close();
});

const ORIGINS: Readonly<Record<string, () => string>> = {
  http: () => `http://127.0.0.1:${port(plain)}`,
  https: () => `https://127.0.0.1:${port(secure)}`,
};

/** What loggers find that walk from property to property and know nothing of `toJSON`. */
function walked(thing: unknown, seen: Set<unknown> = new Set()): string[] {
  if (typeof thing === 'string') return [thing];
  if (ArrayBuffer.isView(thing)) return [Buffer.from(thing.buffer).toString('latin1')];
  if (typeof thing !== 'object' || thing === null || seen.has(thing)) return [];
  seen.add(thing);
  const keys = Object.keys(thing);
  const values = keys.map((key) => (thing as Record<string, unknown>)[key]);
  const { cause } = thing as { cause?: unknown };
  return [...keys, ...[...values, cause].flatMap((value) => walked(value, seen))];
}

/** Fails if a piece of the token, or a signature that came, is in what things show. */
function expectNoSecretIn(things: readonly unknown[]): void {
  const signatures = came.flatMap((head) => /Signature=([0-9a-f]{64})/.exec(head)?.[1] ?? []);
  const quoted = encodeURIComponent(TOKEN);
  const pieces = [TOKEN, quoted].flatMap((text) => text.match(/.{32}/gs) ?? []);
  for (const thing of things) {
    const text = `${shown(thing)}\n${walked(thing).join('\n')}`;
    for (const secret of [...pieces, ...signatures]) {
      const at = text.indexOf(secret);
      expect(at === -1 ? '' : text.slice(Math.max(0, at - 200), at + 60)).toBe('');
    }
  }
}

interface Ending {
  readonly path: string;
  readonly config?: object;
  readonly abort?: boolean;
  /** Matches the error's code or message, or the status. */
  readonly expected: RegExp;
}

const ENDINGS: Readonly<Record<string, Ending>> = {
  'a reset': { path: 'reset', expected: /ECONNRESET|ERR_NETWORK/ },
  'a time-out': { path: 'silence', config: { timeout: 30 }, expected: /ECONNABORTED|ETIMEDOUT/ },
  'an abort': { path: 'silence', abort: true, expected: /ERR_CANCELED/ },
  'an answer that is no HTTP': { path: 'nonsense', expected: /HPE_|ERR_NETWORK/ },
  'half an answer': { path: 'half', expected: /aborted|terminated/ },
  'a refusal': { path: 'refused', expected: /403/ },
  'a refusal as a stream': {
    path: 'refused',
    config: { responseType: 'stream' },
    expected: /403/,
  },
  'an answer as a stream': { path: 'ok', config: { responseType: 'stream' }, expected: /200/ },
  'too long an answer': {
    path: 'ok',
    config: { maxContentLength: 1 },
    expected: /ERR_BAD_RESPONSE/,
  },
};

function signing(config: object, signatureIn: 'header' | 'query'): AxiosInstance {
  const instance = axios.create({ proxy: false, ...config });
  instance.interceptors.request.use(
    sigv4Interceptor({
      credentials: CREDENTIALS,
      region: 'eu-west-1',
      signatureIn,
      allowInsecureHttp: true,
    }),
  );
  return instance;
}

const agent = (): Carrier => CARRIERS['an agent']?.('') ?? expect.fail('there is no such agent');

/**
 * Lets one call end while others are in flight, and looks at all that can be printed.
 *
 * @returns how it ended: code, status and message
 */
async function endingAmongOthers(
  origin: string,
  carrier: Carrier,
  signatureIn: 'header' | 'query',
  { path, config, abort }: Ending,
): Promise<string> {
  came.length = 0;
  const instance = signing(carrier.config, signatureIn);
  const controller = new AbortController();
  if (abort) arrivals.waiting.push(() => controller.abort());
  const ending = instance
    .get(`${origin}/${path}`, { ...config, signal: controller.signal })
    .catch((error: unknown) => error);
  // Behind it, since an agent may have one connection only.
  const everyone = new AbortController();
  const others = [1, 2, 3].map((at) =>
    instance
      .get(`${origin}/silence${at}`, { signal: everyone.signal })
      .catch((error: unknown) => error),
  );
  // From the moment that a request exists: look between the turns of the microtasks.
  for (let turn = 0; turn < 60; turn += 1) {
    await Promise.resolve();
    if (turn % 15 === 14) expectNoSecretIn(carrier.held);
  }
  const ended = await ending;
  expectNoSecretIn([ended, ...carrier.held]);
  everyone.abort();
  expectNoSecretIn([...(await Promise.all(others)), ended, ...carrier.held]);
  carrier.close();
  const { code, status, message } = ended as AxiosError & AxiosResponse;
  return [code, status, message].join(' ');
}

describe.each(['header', 'query'] as const)('the signature in the %s', (signatureIn) => {
  describe.each(Object.entries(ORIGINS))('%s', (scheme, origin) => {
    describe.each(Object.entries(CARRIERS))('%s', (_carrier, carry) => {
      test.each(Object.entries(ENDINGS))('%s', async (_ending, ending) => {
        const carrier = carry(origin());
        if (scheme === 'https' && carrier.held.length === 0) return;
        const end = await endingAmongOthers(origin(), carrier, signatureIn, ending);
        expect(end).toMatch(ending.expected);
      });
    });
  });
});

describe.each(['header', 'query'] as const)('the signature in the %s', (signatureIn) => {
  test.each(Object.entries(ENDINGS))('through a proxy: %s', async (_ending, ending) => {
    const carrier = agent();
    // The server answers in the place of a proxy.
    const config = { ...carrier.config, proxy: { host: '127.0.0.1', port: port(plain) } };
    const end = await endingAmongOthers(
      'http://127.0.0.1',
      { ...carrier, config },
      signatureIn,
      ending,
    );
    expect(end).toMatch(ending.expected);
  });

  test.each(Object.entries(ENDINGS))('to a socket path: %s', async (_ending, ending) => {
    const folder = await mkdtemp(join(tmpdir(), 'sigv4-'));
    const local = createServer(serve).listen(join(folder, 's'));
    await once(local, 'listening');
    const carrier = agent();
    const config = { ...carrier.config, socketPath: join(folder, 's') };
    const end = await endingAmongOthers(
      'http://localhost',
      { ...carrier, config },
      signatureIn,
      ending,
    );
    expect(end).toMatch(ending.expected);
    local.close();
    await rm(folder, { recursive: true });
  });

  test.skipIf(isOldest).each([
    ['a refusal', 403],
    ['a refusal as a stream', 403],
    ['a time-out', undefined],
    ['an abort', undefined],
  ] as const)('HTTP/2: %s', async (name, status) => {
    const h2 = createH2Server().listen(0, '127.0.0.1');
    await once(h2, 'listening');
    h2.on('stream', (stream, headers) => {
      came.push(JSON.stringify(headers));
      stream.on('error', () => {});
      for (const arrived of arrivals.waiting.splice(0)) arrived();
      if (status !== undefined && !`${headers[':path']}`.startsWith('/silence')) {
        stream.respond({ ':status': status });
        stream.end('no');
      }
    });
    const http2Options = { sessionTimeout: 0 };
    const carrier = { config: { adapter: 'http', httpVersion: 2, http2Options }, held: [] };
    const origin = `http://127.0.0.1:${(h2.address() as AddressInfo).port}`;
    const ending = { expected: /./, path: 'silence', ...ENDINGS[name] };
    const end = await endingAmongOthers(
      origin,
      { ...carrier, close: () => {} },
      signatureIn,
      ending,
    );
    expect(end).toMatch(ending.expected);
    h2.close();
  });
});
