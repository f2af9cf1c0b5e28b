import type { PreparedRequest } from './prepared-request.ts';
import { refuse } from './refusal.ts';
import type { HeaderMap } from './request.ts';

/** Clients send these as Latin-1 or UTF-8, and servers read them as they like. */
const NOT_ASCII = /[^\t -~]/;

/** Names in lower case, and values. */
export type HeaderList = [name: string, value: string][];

/** Signed whenever a request has them, beside `host` and `x-amz-*`. */
const ALWAYS_SIGNED: ReadonlySet<string> = new Set(['content-type', 'content-md5']);

/**
 * Those of the caller that are signed: few, since whatever is signed and changes on the way breaks
 * the call. `host` is always among them; every client derives it from the URL.
 *
 * @param added by the signature
 */
export function signedHeaders(
  { headers, url, signHeaders }: PreparedRequest,
  added: HeaderList,
): HeaderList {
  const list: HeaderList = headers.has('host') ? [...added] : [['host', url.host], ...added];
  for (const [name, value] of headers) {
    if (
      name === 'host' ||
      name.startsWith('x-amz-') ||
      ALWAYS_SIGNED.has(name) ||
      signHeaders.has(name)
    ) {
      if (NOT_ASCII.test(value)) refuse('header-ascii', name);
      list.push([name, value]);
    }
  }
  return list;
}

export function sortedByName(list: HeaderList): HeaderList {
  return list.toSorted((a, b) => (a[0] < b[0] ? -1 : 1));
}

/** `content-type;host;x-amz-date` */
export function namesOf(list: HeaderList): string {
  let names = '';
  for (const header of list) names += names === '' ? header[0] : `;${header[0]}`;
  return names;
}

/** It inherits nothing: `__proto__` is a legal header name. */
export function headerRecord(headers: HeaderMap, added: HeaderList = []): Record<string, string> {
  const record = new HeaderRecord();
  for (const [name, value] of headers) record[name] = value;
  for (const [name, value] of added) record[name] = value;
  return record;
}

/** Twice as fast as `Object.create(null)`, whose properties V8 keeps in a dictionary. */
const HeaderRecord = function () {} as unknown as new () => Record<string, string>;
HeaderRecord.prototype = Object.create(null);
