import { explain, type Answer, type Rejection } from '@sigv4/signer';
import { quotedSecrets } from '@sigv4/signer/client';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';

import { bodyOf, isNodeStream, sizeOf, type AnswerBody, type NodeStream } from './answer-body.ts';

/** How an adapter answered: with a response, or with an error that bears one. */
export interface AxiosAnswer extends Answer {
  readonly response: AxiosResponse;
  readonly data: AnswerBody;
  /** What axios rejects with, since its status is none that `validateStatus` takes. */
  readonly error: object | undefined;
}

/** @throws what the adapter throws, if no answer came */
export async function answerOf(sending: Promise<AxiosResponse>): Promise<AxiosAnswer> {
  try {
    return read(await sending, undefined);
  } catch (error) {
    const response = responseOf(error);
    if (response === undefined) throw error;
    return read(response, error as object);
  }
}

/**
 * Takes what was signed out of what an adapter gives or throws: the caller's config takes the
 * place of the attempt's, and printing does not show the request's headers. A stream that fails
 * later still bears the attempt's config, so the signature is taken out of that too.
 */
export async function withoutSignature(
  sending: Promise<AxiosResponse>,
  attempt: InternalAxiosRequestConfig,
  config: InternalAxiosRequestConfig,
): Promise<AxiosResponse> {
  try {
    const response = await sending;
    restore(response, config);
    return response;
  } catch (error) {
    restore(error, config);
    restore(responseOf(error), config);
    throw error;
  } finally {
    attempt.headers = config.headers;
  }
}

function responseOf(error: unknown): AxiosResponse | undefined {
  if (typeof error !== 'object' || error === null || !('response' in error)) return undefined;
  const response = error.response as Partial<AxiosResponse> | undefined;
  return typeof response?.status === 'number' ? (response as AxiosResponse) : undefined;
}

function read(response: AxiosResponse, error: object | undefined): AxiosAnswer {
  const data = bodyOf(response.data);
  return {
    response,
    data,
    error,
    status: response.status,
    headers: { get: (name) => headerOf(response, name) },
    clone: () => data.copy(),
    body: { cancel: async () => data.discard() },
  };
}

function headerOf({ headers }: AxiosResponse, wanted: string): string | null {
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (name.toLowerCase() === wanted && value !== undefined) return String(value);
  }
  return null;
}

/**
 * Gives the answer back the way axios does; without the session token, should AWS quote it.
 *
 * @throws the adapter's error; of a rejection it bears `sigv4`, the reason in plain words
 */
export async function settle(answer: AxiosAnswer): Promise<AxiosResponse> {
  const { error } = answer;
  const response = await withoutSecrets(answer);
  if (error === undefined) return response;
  const sigv4 = explain(answer);
  throw changed(error, {
    ...(response !== answer.response && { response }),
    ...(sigv4 && { sigv4 }),
  });
}

async function withoutSecrets(answer: AxiosAnswer): Promise<AxiosResponse> {
  const { response } = answer;
  const redaction = quotedSecrets(answer)?.redaction;
  // A fault in looking for secrets must not take the place of the answer.
  const data = await answer.data.handOn(redaction).catch(() => response.data as unknown);
  if (data === response.data) return changed(response, {});
  if (redaction !== undefined) setLength(response, await sizeOf(data));
  return changed(response, { data });
}

/** Whoever hands the answer on hands on its length. */
function setLength({ headers }: AxiosResponse, size: number | undefined): void {
  // Mocks give none.
  if (typeof headers !== 'object' || headers === null) return;
  Reflect.deleteProperty(headers, 'content-encoding');
  if (size === undefined) Reflect.deleteProperty(headers, 'content-length');
  else if (headers['content-length'] !== undefined) {
    Reflect.set(headers, 'content-length', String(size));
  }
}

/** The same object with other values; a copy of one that is frozen, since axios writes to it too. */
function changed<Thing extends object>(thing: Thing, values: Partial<Thing>): Thing {
  const isFree = Object.entries(values).every(([name, value]) => Reflect.set(thing, name, value));
  if (isFree && !Object.isFrozen(thing)) return thing;
  const copy = Object.create(Object.getPrototypeOf(thing) as object) as Thing;
  for (const name of Reflect.ownKeys(thing)) {
    const given = Reflect.getOwnPropertyDescriptor(thing, name);
    const value = {
      ...given,
      configurable: true,
      ...(given && 'value' in given && { writable: true }),
    };
    Reflect.defineProperty(copy, name, value);
  }
  return Object.assign(copy, values);
}

/** The reason in plain words why AWS refused a call, of the error that axios gave for it. */
export function rejectionOf(error: unknown): Rejection | undefined {
  if (typeof error !== 'object' || error === null || !('sigv4' in error)) return undefined;
  return error.sigv4 as Rejection;
}

function restore(bearer: unknown, config: InternalAxiosRequestConfig): void {
  if (typeof bearer !== 'object' || bearer === null) return;
  // Nothing of this is done to what an adapter has frozen.
  if ('config' in bearer) Reflect.set(bearer, 'config', config);
  if ('request' in bearer) {
    Reflect.defineProperty(bearer, 'request', { enumerable: false });
    hideHeaders(bearer.request);
  }
  if (!('data' in bearer)) return;
  if (isNodeStream(bearer.data)) guardStream(bearer.data, config);
  if (bearer.data instanceof ReadableStream && !Object.isFrozen(bearer)) {
    Reflect.set(bearer, 'data', guarded(bearer.data, config));
  }
}

/** Of the request that was sent, a ClientRequest of Node or a Request, and that bears the signature. */
function hideHeaders(request: unknown): void {
  if (typeof request !== 'object' || request === null) return;
  hideFromInspect(request);
  if (typeof Request === 'undefined' || !(request instanceof Request)) return;
  for (const name of ['authorization', 'x-amz-security-token']) request.headers.delete(name);
}

function hideFromInspect(thing: object): void {
  Reflect.defineProperty(thing, Symbol.for('nodejs.util.inspect.custom'), {
    value: () => `[${thing.constructor.name}]`,
    configurable: true,
  });
}

/** The same for a stream of the fetch adapter. */
function guarded(stream: ReadableStream, config: InternalAxiosRequestConfig): ReadableStream {
  const reader = stream.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        restore(error, config);
        throw error;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/**
 * A stream of the http adapter bears its request, in more places than one, and so does the error
 * that it ends with, should it fail after it was handed on.
 */
function guardStream(stream: NodeStream, config: InternalAxiosRequestConfig): void {
  const emit = stream.emit.bind(stream);
  Reflect.defineProperty(stream, 'emit', {
    // Not a listener, which would keep an unheeded error from ending the process.
    value: (event: string, ...values: unknown[]) => {
      if (event === 'error') restore(values[0], config);
      return emit(event, ...values);
    },
    configurable: true,
    writable: true,
  });
  hideFromInspect(stream);
}
