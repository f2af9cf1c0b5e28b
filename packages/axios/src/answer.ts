import type { Answer, Rejection } from '@sigv4/signer';
import { explain, quotedSecrets } from '@sigv4/signer/client';
import type { AxiosResponse } from 'axios';

import { bodyOf, sizeOf, type AnswerBody } from './answer-body.ts';
import { copyLike } from './captured-config.ts';
import { withProperty } from './settable.ts';
import type { CleanUp } from './without-signature.ts';

/** How an adapter answered: with a response, or with an error that bears one. */
export interface AxiosAnswer extends Answer {
  readonly response: AxiosResponse;
  readonly data: AnswerBody;
  /** What axios rejects with, if `validateStatus` does not take the status. */
  readonly error: object | undefined;
}

/** @throws what the adapter throws, if no answer came */
export async function answerOf(
  sending: Promise<AxiosResponse>,
  cleanUp: CleanUp,
): Promise<AxiosAnswer> {
  let came: AxiosResponse;
  try {
    came = await sending;
  } catch (given) {
    const error = cleanUp(given);
    const response = responseOf(error);
    if (response === undefined) throw error;
    return read(response, error as object);
  }
  return read(cleanUp(came), undefined);
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
 * Gives the answer back the way axios does. If AWS quoted secrets of the request, they are left out.
 *
 * @throws the adapter's error. After a rejection it bears `sigv4`, the reason in plain words.
 */
export async function settle(answer: AxiosAnswer): Promise<AxiosResponse> {
  const redaction = quotedSecrets(answer)?.redaction;
  const { response: given, error: thrown } = answer;
  // A fault in looking for secrets must not take the place of the answer.
  const data = await answer.data.handOn(redaction).catch(() => given.data as unknown);
  let response = given;
  if (data !== given.data) {
    response = withProperty(given, 'data', data);
    if (redaction !== undefined) response = withLength(response, await sizeOf(data));
  }
  if (thrown === undefined) return response;
  const error = response === given ? thrown : withProperty(thrown, 'response', response);
  const sigv4 = explain(answer);
  throw sigv4 === undefined ? error : withProperty(error, 'sigv4', sigv4);
}

/** A caller that hands the answer on hands its length on too, so the length must be right. */
function withLength(response: AxiosResponse, size: number | undefined): AxiosResponse {
  // Mocks may give no headers.
  const given = response.headers ?? {};
  const isFixed = Object.isSealed(given);
  const headers = isFixed ? copyLike(given, given) : given;
  delete headers['content-encoding'];
  if (size === undefined) delete headers['content-length'];
  else if (headers['content-length'] !== undefined) headers['content-length'] = String(size);
  return isFixed ? withProperty(response, 'headers', headers) : response;
}

/** Reads from an error of axios why AWS refused the call, in plain words. */
export function rejectionOf(error: unknown): Rejection | undefined {
  if (typeof error !== 'object' || error === null || !('sigv4' in error)) return undefined;
  return error.sigv4 as Rejection;
}
