import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';

import { isNodeStream, isWebStream, type NodeStream } from './answer-body.ts';
import { hide } from './hidden.ts';
import { put, withProperty } from './settable.ts';

type Config = InternalAxiosRequestConfig;

/** In the headers, or in the query. */
const SIGNED = /AWS4-|X-Amz-Sec/i;

/** What is done to a response or an error before anybody else sees it. */
export type CleanUp = <Came>(came: Came) => Came;

/**
 * Takes what was signed out of what an adapter gives or throws: the caller's config takes the
 * place of the attempt's, and printing does not show the request. The attempt itself loses its
 * signature too, since a stream that fails later still bears it.
 */
export function withoutSignature(attempt: Config, config: Config): CleanUp {
  return (came) => {
    unsign(attempt, config);
    return restored(came, config);
  };
}

/** Gives what came of a request that was not signed the caller's config, and changes nothing else. */
export function withConfig(attempt: Config, config: Config): CleanUp {
  return (came) => {
    const bearer = (came ?? {}) as { config?: Config; response?: AxiosResponse };
    if (bearer.config === attempt) put(bearer, 'config', config);
    const { response } = bearer;
    if (response?.config === attempt) put(response, 'config', config);
    return came;
  };
}

/** The headers and, of a signature in the query, the URL. */
function unsign(attempt: Config, config: Config): void {
  for (const name of ['authorization', 'x-amz-security-token']) attempt.headers.delete(name);
  put(attempt, 'headers', config.headers);
  put(attempt, 'url', config.url);
}

/**
 * @param bearer a response, or an error, its response or its cause
 * @returns the bearer, or a copy where it is frozen
 */
function restored<T>(bearer: T, config: Config): T {
  if (typeof bearer !== 'object' || bearer === null) return bearer;
  let result: T & object = bearer;
  if ('config' in bearer) result = withProperty(result, 'config', config);
  if ('request' in bearer) {
    hideRequest(bearer.request);
    Reflect.defineProperty(result, 'request', { value: bearer.request, enumerable: false });
  }
  for (const part of ['response', 'cause'] as const) {
    const value: unknown = Reflect.get(bearer, part);
    const safe = restored(value, config);
    if (safe !== value) result = withProperty(result, part, safe);
  }
  if (!('data' in bearer)) return result;
  // axios sets both when it transforms a response.
  for (const part of ['data', 'headers'] as const) {
    result = withProperty(result, part, Reflect.get(bearer, part));
  }
  if (isNodeStream(bearer.data)) guardStream(bearer.data, bearer, config);
  if (isWebStream(bearer.data)) {
    result = withProperty(result, 'data', guarded(bearer.data, config));
  }
  return result;
}

/** Hides a Request of fetch, or what Node made of the request: a ClientRequest or an HTTP/2 stream. */
function hideRequest(request: unknown): void {
  if (typeof request !== 'object' || request === null) return;
  hide(request);
  // A copy, `{ ...error.request }`, is not hidden. What Node has sent, it does not need any more;
  // to make a property not enumerable takes as long as a signature.
  for (const key of Object.keys(request) as (keyof typeof request)[]) {
    const value: unknown = request[key];
    if (typeof value === 'string' && SIGNED.test(value)) Reflect.set(request, key, '[redacted]');
    else if (Array.isArray(value) && value.length > 0) {
      Reflect.defineProperty(request, key, { enumerable: false });
    }
  }
  if (typeof Request === 'undefined' || !(request instanceof Request)) return;
  for (const name of ['authorization', 'x-amz-security-token']) request.headers.delete(name);
}

/** The error that a stream of the fetch adapter ends with bears the request. */
function guarded(stream: ReadableStream, config: Config): ReadableStream {
  const reader = stream.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        throw restored(error, config);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/**
 * A stream of the http adapter bears its request, and so does the error that it ends with, should
 * it fail after it was handed on.
 */
function guardStream(stream: NodeStream, bearer: object, config: Config): void {
  const emit = stream.emit.bind(stream);
  Object.defineProperty(stream, 'emit', {
    // A listener would keep an error that nobody heeds from ending the process, so this is none.
    value: (event: string, ...values: unknown[]) =>
      emit(event, ...(event === 'error' ? [restored(values[0], config)] : values)),
    configurable: true,
    writable: true,
  });
  hide(stream);
  // Loggers that walk from property to property would reach the request, or its socket.
  const { request } = bearer as { request?: { socket?: unknown } };
  for (const [key, value] of Object.entries(stream)) {
    if (value !== undefined && (value === request || value === request?.socket)) {
      Object.defineProperty(stream, key, { enumerable: false });
    }
  }
}
