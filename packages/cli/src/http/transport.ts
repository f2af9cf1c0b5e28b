import { readFileSync, createReadStream } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { pipeline } from 'node:stream/promises';

import type { SignedRequest } from '@sigv4/signer';
import { isLoopback } from '@sigv4/signer/client';

import { CliError } from '../output/error.ts';
import { HttpAnswer } from './answer.ts';
import { isFile, type BodyFile } from './body.ts';
import type { ConnectionOptions } from '../options/connection-options.ts';

/** What happens on the wire, for those who show it. */
export interface WireListener {
  readonly onRequest?: (line: string, headers: http.OutgoingHttpHeaders) => void;
  readonly onAnswer?: (answer: HttpAnswer) => void;
  /** Bytes of the body that have been handed over. */
  readonly onSent?: (bytes: number, of: number) => void;
}

export type Transport = (signed: SignedRequest, unread?: object) => Promise<HttpAnswer>;

/**
 * Sends signed requests by node:https. Node's fetch would decode the answer and hide its headers,
 * and takes longer to load than all the rest.
 */
export function createTransport(
  options: ConnectionOptions & { readonly without?: readonly string[] },
  listener: WireListener,
  signal: AbortSignal | undefined,
): Transport {
  const { insecure, cacert, compressed, without = [] } = options;
  const ca = cacert === undefined ? undefined : readAuthority(cacert);
  return async (signed, unread) => {
    const url = new URL(signed.url);
    const to = connectionOf(url, options);
    if (insecure && !isLoopback(to.host)) {
      throw new CliError(
        `-k: the certificate of ${to.host} would not be checked, so that anybody on the way could read the session token`,
        'name the authority of its certificate with --cacert; -k is for this machine only',
      );
    }
    const { Agent, request } =
      url.protocol === 'https:' ? https : (http as unknown as typeof https);
    // What is for this machine must not leave it; the rest takes Node's way (NODE_USE_ENV_PROXY).
    const { proxyEnv } = https.globalAgent.options as { proxyEnv?: NodeJS.ProcessEnv };
    const isLocal = isLoopback(to.host);
    const agent = new Agent({
      ...(proxyEnv && !isLocal && { proxyEnv }),
      ...(ca && { ca }),
      ...(insecure && { rejectUnauthorized: false }),
    });
    const content = unread === undefined ? signed.body : (unread as BodyFile);
    const headers = {
      host: url.host,
      ...(!without.includes('user-agent') && { 'user-agent': 'sigv4-cli' }),
      ...(!without.includes('accept') && { accept: '*/*' }),
      ...signed.headers,
      ...(compressed && { 'accept-encoding': 'gzip, deflate, br' }),
      ...lengthOf(content, signed.method),
    };
    listener.onRequest?.(`${signed.method} ${url.pathname}${url.search} HTTP/1.1`, headers);
    return new Promise<HttpAnswer>((resolve, reject) => {
      const sending = request(url, {
        method: signed.method,
        headers,
        agent,
        hostname: to.host.replace(/^\[|\]$/g, ''),
        port: to.port,
        ...(signal && { signal }),
      });
      let answered = false;
      sending.on('response', (message) => {
        answered = true;
        const answer = new HttpAnswer(message, compressed === true);
        listener.onAnswer?.(answer);
        resolve(answer);
      });
      // Once there is an answer, its own stream tells if it breaks off.
      sending.on('error', (error) => {
        if (!answered) reject(error);
      });
      writeBody(sending, content, listener.onSent).catch((error: unknown) => {
        if (!answered) reject(error);
      });
    });
  };
}

type Content = Uint8Array | string | BodyFile | undefined;

/** A length is always told, since many services take no chunks. */
function lengthOf(content: Content, method: string): Readonly<Record<string, string>> {
  const size = sizeOf(content);
  if (size === undefined)
    return /^(?:POST|PUT|PATCH)$/.test(method) ? { 'content-length': '0' } : {};
  return { 'content-length': String(size) };
}

function sizeOf(content: Content): number | undefined {
  if (content === undefined) return undefined;
  if (typeof content === 'string') return Buffer.byteLength(content);
  return isFile(content) ? content.size : content.byteLength;
}

/** Large enough to be fast, small enough to show how far it is. */
const PIECE = 262_144;

async function writeBody(
  sending: http.ClientRequest,
  content: Content,
  onSent: WireListener['onSent'],
): Promise<void> {
  const size = sizeOf(content) ?? 0;
  if (content === undefined || size === 0 || typeof content === 'string') {
    sending.end(content === undefined || typeof content === 'string' ? content : undefined);
    return;
  }
  await pipeline(counted(piecesOf(content), size, onSent), sending);
}

function piecesOf(
  content: Uint8Array | BodyFile,
): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (isFile(content)) {
    // If the file has grown since, the length that was told still holds.
    return createReadStream(content.path, { end: content.size - 1, highWaterMark: PIECE });
  }
  return slices(content);
}

function* slices(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

async function* counted(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  size: number,
  onSent: WireListener['onSent'],
): AsyncIterable<Uint8Array> {
  let sent = 0;
  for await (const piece of pieces) {
    yield piece;
    sent += piece.byteLength;
    onSent?.(sent, size);
  }
}

/** `--connect-to HOST1:PORT1:HOST2:PORT2`, as curl has it: empty ones stand for any, or the same. */
function connectionOf(url: URL, { connectTo }: ConnectionOptions): { host: string; port: string } {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const same = { host: url.hostname, port };
  if (connectTo === undefined) return same;
  const found = /^([^:]*):(\d*):(\[[^\]]+\]|[^:]*):(\d*)$/.exec(connectTo);
  if (found === null) {
    throw new CliError(
      `--connect-to: expected HOST1:PORT1:HOST2:PORT2, got ${JSON.stringify(connectTo)}`,
      'leave a part empty to keep it as it is, such as ::127.0.0.1:4581',
    );
  }
  const [, fromHost, fromPort, host, toPort] = found;
  if ((fromHost && fromHost !== url.hostname) || (fromPort && fromPort !== port)) return same;
  return { host: host || same.host, port: toPort || port };
}

function readAuthority(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CliError(`--cacert ${path}: it cannot be read`, 'name a file in PEM format', {
      cause,
    });
  }
}
