import { shown } from '../errors.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import { emptyRecord } from '../empty-record.ts';

/** Headers as callers give them: names in any case, a list where one is repeated. */
export type GivenHeaders =
  | Iterable<readonly [string, string]>
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | undefined;

/**
 * Header names in lower case, and their values. It inherits nothing, because `__proto__` is a
 * legal header name.
 */
export type HeaderRecord = Record<string, string>;

/**
 * Reads headers into a record of its own. Repeated ones are joined with a comma, as HTTP allows
 * and AWS's canonical form has it; cookies with `; ` (RFC 6265 5.4).
 *
 * @throws {TypeError} naming the header and what is wrong with it
 */
export function headerRecord(headers: GivenHeaders): HeaderRecord {
  const record = emptyRecord();
  if (headers === undefined || headers === null) return record;
  if (typeof headers !== 'object') throw new TypeError(EXPECTED_HEADERS);
  if (Symbol.iterator in headers) {
    for (const entry of headers) {
      if (!Array.isArray(entry) || entry.length !== 2) throw new TypeError(EXPECTED_HEADERS);
      addHeaders(record, entry[0], entry[1]);
    }
  } else {
    for (const name of Object.keys(headers)) addHeaders(record, name, headers[name]);
  }
  return record;
}

const EXPECTED_HEADERS = 'headers: expected an object, or name and value pairs';

function addHeaders(record: HeaderRecord, name: unknown, value: unknown): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) for (const item of value) addHeader(record, name, item);
  else addHeader(record, name, value);
}

function addHeader(record: HeaderRecord, name: unknown, given: unknown): void {
  if (typeof name !== 'string') throw new TypeError(`headers: ${shown(name)} is not a header name`);
  const key = lowerCaseNames.get(name, lowerCase);
  const value = typeof given === 'number' || typeof given === 'boolean' ? String(given) : given;
  if (typeof value !== 'string') {
    throw new TypeError(`headers: the value of ${key} is of type ${typeof value}, not a string`);
  }
  // oxlint-disable-next-line no-control-regex -- these are what RFC 9110 5.5 forbids
  if (/[\0\r\n]/.test(value)) {
    throw new TypeError(
      `headers: the value of ${key} holds a line break or NUL, which HTTP does not allow`,
    );
  }
  const before = record[key];
  const separator = key === 'cookie' ? '; ' : ',';
  record[key] = before === undefined ? trimmed(value) : before + separator + trimmed(value);
}

/** Spaces and tabs around a value do not belong to it (RFC 9110 5.5), and every receiver drops them. */
function trimmed(value: string): string {
  let start = 0;
  let end = value.length;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end -= 1;
  while (start < end && isBlank(value.charCodeAt(start))) start += 1;
  return end - start === value.length ? value : value.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Header names are checked once, since most requests have the same ones. */
const lowerCaseNames = new BoundedCache<string>(256);

function lowerCase(name: string): string {
  if (TOKEN.test(name)) return name.toLowerCase();
  throw new TypeError(`headers: ${shown(name)} is not a header name`);
}

/** A method or a header name: RFC 9110 5.6.2. */
export const TOKEN: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
