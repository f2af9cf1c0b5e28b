import { explain, redactedText, type Answer, type Rejection } from '@sigv4/signer';
import type { AxiosResponse } from 'axios';

import { copyLike } from './captured-config.ts';
import { withProperty } from './settable.ts';

/** How an adapter answered: with a response, or with an error that bears one. */
export interface AxiosAnswer extends Answer {
  readonly response: AxiosResponse;
  /** What axios rejects with, if `validateStatus` does not take the status. */
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

function responseOf(error: unknown): AxiosResponse | undefined {
  if (typeof error !== 'object' || error === null || !('response' in error)) return undefined;
  const response = error.response as Partial<AxiosResponse> | undefined;
  return typeof response?.status === 'number' ? (response as AxiosResponse) : undefined;
}

function read(response: AxiosResponse, error: object | undefined): AxiosAnswer {
  return {
    response,
    error,
    status: response.status,
    headers: { get: (name) => headerOf(response, name) },
    clone: () => ({ text: () => textOf(response.data) }),
    body: { cancel: async () => discard(response.data) },
  };
}

function headerOf({ headers }: AxiosResponse, wanted: string): string | null {
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (name.toLowerCase() === wanted && value !== undefined) return String(value);
  }
  return null;
}

/** A stream is the caller's to read, so only the headers of such an answer tell something. */
async function textOf(data: unknown): Promise<string> {
  if (typeof data === 'string') return data;
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data))
    return new TextDecoder().decode(data);
  if (data instanceof Blob) return data.text();
  return Object.getPrototypeOf(data ?? 0) === Object.prototype ? JSON.stringify(data) : '';
}

function discard(data: unknown): void {
  if (typeof data !== 'object' || data === null) return;
  if ('destroy' in data && typeof data.destroy === 'function') data.destroy();
  else if (data instanceof ReadableStream) void data.cancel();
}

/**
 * Gives the answer back the way axios does. If AWS quoted the session token, it is left out.
 *
 * @throws the adapter's error. After a refusal it bears `sigv4`, the reason in plain words.
 */
export function settle(answer: AxiosAnswer): AxiosResponse {
  const sigv4 = explain(answer);
  const safe = sigv4 && redactedText(answer);
  const response = safe === undefined ? answer.response : withText(answer.response, safe);
  if (answer.error === undefined) return response;
  const isOther = response !== answer.response;
  const error = isOther ? withProperty(answer.error, 'response', response) : answer.error;
  throw sigv4 === undefined ? error : withProperty(error, 'sigv4', sigv4);
}

function withText(response: AxiosResponse, text: string): AxiosResponse {
  const safe = withProperty(response, 'data', inFormOf(response.data, text));
  // Mocks may give no headers.
  const given = response.headers ?? {};
  const isFixed = Object.isSealed(given);
  const headers = isFixed ? copyLike(given, given) : given;
  delete headers['content-encoding'];
  if (headers['content-length'] !== undefined) {
    headers['content-length'] = String(new TextEncoder().encode(text).byteLength);
  }
  return isFixed ? withProperty(safe, 'headers', headers) : safe;
}

/** Turns a text into the form in which the adapter gave the data. */
function inFormOf(data: unknown, text: string): unknown {
  if (typeof data === 'string') return text;
  const bytes = new TextEncoder().encode(text);
  if (data instanceof ArrayBuffer) return bytes.buffer;
  if (ArrayBuffer.isView(data)) return 'Buffer' in globalThis ? Buffer.from(bytes.buffer) : bytes;
  return data instanceof Blob ? new Blob([bytes], { type: data.type }) : JSON.parse(text);
}

/** Reads from an error of axios why AWS refused the call, in plain words. */
export function rejectionOf(error: unknown): Rejection | undefined {
  if (typeof error !== 'object' || error === null || !('sigv4' in error)) return undefined;
  return error.sigv4 as Rejection;
}
