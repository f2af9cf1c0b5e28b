import { stat } from 'node:fs/promises';

import { createSigner, type Rejection, type SigV4Event } from '@sigv4/signer';
import { CapturedRequest, explain, headerRecord } from '@sigv4/signer/client';

import { findCaller, useProfile, type Caller } from '../credentials/caller.ts';
import { findPlace, type Place } from '../credentials/region.ts';
import type { ConnectionOptions } from '../options/connection-options.ts';
import { readHeaders, type Asked, type RequestOptions } from '../options/request-options.ts';
import type { CallerOptions, SigningOptions } from '../options/shared-options.ts';
import { CliError } from '../output/error.ts';
import type { HttpAnswer } from './answer.ts';
import { bytesOf, isFile, readBody, readQuery, type Body, type BodyFile } from './body.ts';
import { createTransport, type WireListener } from './transport.ts';

/** A request that is ready to be signed, and who signs it. */
export interface ReadyCall {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Headers that would be added on the way, and must not. */
  readonly without: readonly string[];
  readonly body: Body | undefined;
  readonly place: Place;
  readonly caller: Caller;
}

/** Reads all that a command line says of a request. */
export async function readCall(
  { method, url }: Asked,
  options: RequestOptions & CallerOptions & SigningOptions,
  defaultMethod = 'GET',
): Promise<ReadyCall> {
  useProfile(options);
  const place = await findPlace(url, options);
  const body = await readBody(options);
  const query = await readQuery(options);
  if (query !== '') url.search += `${url.search === '' ? '?' : '&'}${query}`;
  const bodyMethod = options.uploadFile === undefined ? 'POST' : 'PUT';
  return {
    method: method ?? (body === undefined ? defaultMethod : bodyMethod),
    url: urlOf(url, options),
    ...headersOf(options, body),
    body,
    place,
    caller: await findCaller(options, place.region.name),
  };
}

/** A URL that ends in a slash gets the name of the file that is uploaded, as curl does it. */
function urlOf(url: URL, { uploadFile = '-' }: RequestOptions): string {
  if (uploadFile === '-' || !url.pathname.endsWith('/')) return url.href;
  const named = new URL(url);
  named.pathname += encodeURIComponent(uploadFile.split('/').at(-1) ?? '');
  return named.href;
}

function headersOf(
  { header }: RequestOptions,
  body: Body | undefined,
): Pick<ReadyCall, 'headers' | 'without'> {
  const given = readHeaders(header);
  const names = new Set(given.map(([name]) => name));
  if (names.has('authorization')) {
    throw new CliError('-H authorization: the signature takes its place', 'leave it out');
  }
  const headers: [string, string][] = [];
  const own = { 'content-type': body?.type, accept: body?.wantsJson ? JSON_TYPE : undefined };
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined && !names.has(name)) headers.push([name, value]);
  }
  const boundary = /; boundary=.*$/.exec(body?.type ?? '')?.[0];
  for (const [name, value] of given) {
    // A form cannot be read without its boundary, which nobody can know before.
    const isOfForm = name === 'content-type' && boundary !== undefined;
    if (value !== undefined) headers.push([name, isOfForm ? value + boundary : value]);
  }
  return { headers, without: given.flatMap(([name, value]) => (value === undefined ? name : [])) };
}

const JSON_TYPE = 'application/json';

/** The options of a signer, as the command line has them. */
export function signerOptions(
  { caller, place }: Pick<ReadyCall, 'caller' | 'place'>,
  { service, query, sigv4a }: SigningOptions,
): Parameters<typeof createSigner>[0] {
  return {
    credentials: caller.credentials,
    // The host name of AWS tells the service, and one that is not known must be named.
    service,
    region: place.region.name,
    algorithm: sigv4a && 'sigv4a',
    signatureIn: query && 'query',
  };
}

/** What came of a call. */
export interface Called {
  readonly answer: HttpAnswer;
  readonly rejection: Rejection | undefined;
}

/** Signs and sends a call; after a skewed clock or a refused token once more. */
export async function send(
  call: ReadyCall,
  options: SigningOptions & ConnectionOptions & { readonly location?: true },
  listener: WireListener & { readonly onEvent?: (event: SigV4Event) => void } = {},
): Promise<Called> {
  const { method, url, headers, place } = call;
  const { maxTime, location } = options;
  const signal = maxTime === undefined ? undefined : AbortSignal.timeout(Math.ceil(maxTime * 1000));
  const transport = createTransport({ ...options, without: call.without }, listener, signal);
  const content = call.body?.content;
  const stream = content && (await streamed(content, place, url));
  const signer = createSigner({
    ...signerOptions(call, options),
    onEvent: listener.onEvent,
    ...(stream && { payload: 'unsigned' }),
  });
  const captured = new CapturedRequest(
    method,
    url,
    headerRecord(headers),
    content && (async () => (stream ? { unread: stream } : bytesOf(content))),
  );
  try {
    const answer = await signer.send(captured, transport, {
      maxRedirects: location ? 20 : 0,
      signal,
    });
    return { answer, rejection: explain(answer) };
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new CliError(
      `no answer within ${maxTime} s (--max-time)`,
      'check the network, or allow more time',
      { cause: error },
    );
  }
}

/** What is larger than this is not read into memory where the service lets that be. */
const LARGE = 8_388_608;

/**
 * A file goes to S3 as a stream that no signature covers, as the AWS SDKs send it: its hash would
 * have to be known before. TLS protects it on the way.
 */
async function streamed(
  content: Uint8Array | BodyFile,
  { service }: Place,
  url: string,
): Promise<BodyFile | undefined> {
  if (!isFile(content) || content.size < LARGE || !service.startsWith('s3')) return undefined;
  return url.startsWith('https:')
    ? { ...content, size: (await stat(content.path)).size }
    : undefined;
}
