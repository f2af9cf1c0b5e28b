import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';

import { hide } from './hidden.ts';

type Config = InternalAxiosRequestConfig;

/** In the headers, or in the query. */
const SIGNED = /AWS4-|X-Amz-Sec/i;

/**
 * Takes what was signed out of what an adapter gives or throws: the caller's config takes the
 * place of the attempt's, and printing does not show the request. The attempt itself loses its
 * signature too, since a stream that fails later still bears it.
 */
export async function withoutSignature(
  sending: Promise<AxiosResponse>,
  attempt: Config,
  config: Config,
): Promise<AxiosResponse> {
  try {
    const response = await sending;
    unsign(attempt, config);
    restore(response, config);
    return response;
  } catch (error) {
    unsign(attempt, config);
    restore(error, config);
    throw error;
  }
}

/** The headers and, of a signature in the query, the URL. */
function unsign(attempt: Config, config: Config): void {
  attempt.headers = config.headers;
  if (config.url === undefined) delete attempt.url;
  else attempt.url = config.url;
}

/** @param bearer an error, its response or its cause, or a response */
function restore(bearer: unknown, config: Config): void {
  if (typeof bearer !== 'object' || bearer === null) return;
  if ('config' in bearer) bearer.config = config;
  if ('request' in bearer) {
    Object.defineProperty(bearer, 'request', { enumerable: false });
    hideRequest(bearer.request);
  }
  if ('response' in bearer) restore(bearer.response, config);
  if ('cause' in bearer) restore(bearer.cause, config);
  if (!('data' in bearer)) return;
  if (isNodeStream(bearer.data)) guardStream(bearer.data, bearer, config);
  if (bearer.data instanceof ReadableStream) bearer.data = guarded(bearer.data, config);
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
        restore(error, config);
        throw error;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

interface NodeStream {
  emit(event: string, ...values: unknown[]): boolean;
}

function isNodeStream(data: unknown): data is NodeStream {
  return typeof data === 'object' && data !== null && 'pipe' in data && 'emit' in data;
}

/**
 * A stream of the http adapter bears its request, and so does the error that it ends with, should
 * it fail after it was handed on.
 */
function guardStream(stream: NodeStream, bearer: object, config: Config): void {
  const emit = stream.emit.bind(stream);
  Object.defineProperty(stream, 'emit', {
    // Not a listener, which would keep an error that nobody heeds from ending the process.
    value: (event: string, ...values: unknown[]) => {
      if (event === 'error') restore(values[0], config);
      return emit(event, ...values);
    },
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
