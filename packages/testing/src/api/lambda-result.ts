import { headerValues, type RawRequest } from '../wire/raw-request.ts';
import type { RawResponse } from '../wire/raw-response.ts';
import { isBinaryType } from './media-type.ts';

const FIELDS = new Set(['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded']);

/** What a function returned is no proxy answer; API Gateway says only that it is malformed. */
export class MalformedResult extends Error {}

/**
 * Payload format 1.0: `{ statusCode, headers?, multiValueHeaders?, body?, isBase64Encoded? }`. A
 * body in Base64 is sent as that text, unless the API has the client's media type as a binary one.
 *
 * @throws {MalformedResult}
 */
export function restResult(
  result: unknown,
  request: RawRequest,
  binaryMediaTypes: readonly string[] | undefined,
): RawResponse {
  return proxyResult(result, isBinaryType(headerValues(request, 'accept')[0], binaryMediaTypes));
}

/**
 * The same of an HTTP API, which decodes all bodies in Base64.
 *
 * @throws {MalformedResult}
 */
export function proxyResult(result: unknown, isDecoded = true): RawResponse {
  if (!isRecord(result)) throw new MalformedResult('the function returned no object');
  const other = Object.keys(result).find((name) => !FIELDS.has(name));
  if (other !== undefined) throw new MalformedResult(`its answer has an unknown field, ${other}`);
  const { headers, multiValueHeaders } = result;
  return {
    status: status(result['statusCode']),
    headers: {
      'Content-Type': 'application/json',
      ...headerRecord(headers),
      ...headerLists(multiValueHeaders),
    },
    body: bodyOf(result, isDecoded),
  };
}

/**
 * Payload format 2.0: as 1.0 with `cookies`; anything without a `statusCode` is itself the body.
 *
 * @throws {MalformedResult}
 */
export function httpResult(result: unknown): RawResponse {
  if (!isRecord(result) || result['statusCode'] === undefined) {
    return {
      status: 200,
      headers: { 'Content-Type': 'application/json' },
      body: typeof result === 'string' ? result : (JSON.stringify(result) ?? ''),
    };
  }
  const { headers, cookies } = result;
  return {
    status: status(result['statusCode']),
    headers: {
      'Content-Type': 'application/json',
      ...headerRecord(headers),
      ...(Array.isArray(cookies) && { 'Set-Cookie': cookies.map(String) }),
    },
    body: bodyOf(result),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function status(value: unknown): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 100 && number <= 599) return number;
  throw new MalformedResult(`its statusCode is ${JSON.stringify(value)}`);
}

function bodyOf(
  { body, isBase64Encoded }: Record<string, unknown>,
  isDecoded = true,
): Uint8Array | string {
  if (body === undefined || body === null) return '';
  if (typeof body !== 'string') throw new MalformedResult('its body is not a string');
  return isBase64Encoded === true && isDecoded ? Buffer.from(body, 'base64') : body;
}

/** Header names that differ only in case are the same header. */
function headerRecord(headers: unknown): Record<string, string> {
  if (headers === undefined || headers === null) return {};
  if (!isRecord(headers)) throw new MalformedResult('its headers are no object');
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [canonicalName(name), String(value)]),
  );
}

function headerLists(headers: unknown): Record<string, string[]> {
  if (headers === undefined || headers === null) return {};
  if (!isRecord(headers)) throw new MalformedResult('its multiValueHeaders are no object');
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => {
      if (!Array.isArray(values)) throw new MalformedResult(`its ${name} is no list`);
      return [canonicalName(name), values.map(String)];
    }),
  );
}

function canonicalName(name: string): string {
  return /^content-type$/i.test(name) ? 'Content-Type' : name;
}
