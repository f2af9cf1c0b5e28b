import type { Credentials } from '../credentials/credentials.ts';
import type { HeaderRecord } from '../request/headers.ts';
import type { Placement } from '../target/placement.ts';
import { refuseRegionSet } from '../target/region.ts';
import type { SignatureEngine } from './engine.ts';
import type { Timestamp } from './timestamp.ts';

/** What all signatures for one host, with the same credentials and within one second, share. */
export interface Stamp {
  readonly placement: Placement;
  readonly credentials: Credentials;
  readonly date: Timestamp;
  /** `YYYYMMDD/eu-west-1/execute-api/aws4_request`; SigV4a leaves out the region. */
  readonly scope: string;
  /** An Authorization header, up to the names of the signed headers. */
  readonly authorization: string;
  /** `host`, which every client derives from the URL, and what a signature in the header adds; sorted. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The canonical lines of these headers, from the nth on. */
  readonly linesFrom: readonly string[];
  /** Their names from the nth on, each with a `;` before it. */
  readonly namesFrom: readonly string[];
}

export function makeStamp(
  host: string,
  placement: Placement,
  credentials: Credentials,
  date: Timestamp,
  engine: SignatureEngine,
): Stamp {
  const { target } = placement;
  if (!engine.hasRegionSet) refuseRegionSet(target.region);
  const region = engine.hasRegionSet ? '' : `${target.region}/`;
  const scope = `${date.day}/${region}${target.service}/aws4_request`;
  const headers: [string, string][] = [
    ['host', host],
    ['x-amz-date', date.text],
  ];
  if (engine.hasRegionSet) headers.push(['x-amz-region-set', target.region]);
  if (credentials.sessionToken !== undefined) {
    headers.push(['x-amz-security-token', credentials.sessionToken]);
  }
  const linesFrom = [''];
  const namesFrom = [''];
  for (const [name, value] of headers.toReversed()) {
    linesFrom.unshift(`${name}:${canonicalValue(value)}\n${linesFrom[0]}`);
    namesFrom.unshift(`;${name}${namesFrom[0]}`);
  }
  return {
    placement,
    credentials,
    date,
    scope,
    authorization: `${engine.algorithm} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=`,
    headers,
    linesFrom,
    namesFrom,
  };
}

/** Clients send other characters as Latin-1 or UTF-8, and servers read them as they like. */
const NOT_ASCII = /[^\t -~]/;

/** Signed headers, as a canonical request has them. */
export interface SignedHeaders {
  /** `name:value\n` each. */
  readonly lines: string;
  /** `content-type;host;x-amz-date` */
  readonly names: string;
}

/**
 * The headers that are signed, sorted. These are the stamp's, and those of the request that are
 * called `content-type`, `content-md5`, `x-amz-*`, `host`, or as the caller says. They are few,
 * because whatever is signed and changes on the way breaks the call.
 *
 * @throws {TypeError} if a value holds a character that is not ASCII
 */
export function signedHeaders(
  headers: HeaderRecord,
  signHeaders: ReadonlySet<string>,
  stamp: Pick<Stamp, 'headers' | 'linesFrom' | 'namesFrom'>,
): SignedHeaders {
  const own: string[] = [];
  for (const name in headers) {
    if (
      name.startsWith('x-amz-') ||
      name === 'content-type' ||
      name === 'content-md5' ||
      name === 'host' ||
      signHeaders.has(name)
    ) {
      own.push(name);
    }
  }
  let lines = '';
  let names = '';
  let at = 0;
  for (const name of own.length > 1 ? own.toSorted() : own) {
    const value = headers[name] as string;
    if (NOT_ASCII.test(value)) {
      throw new TypeError(
        `headers: the value of ${name}, which is signed, holds a character that is not printable ASCII; clients and servers do not agree on its bytes, so encode it (percent, or RFC 2047 for metadata of S3)`,
      );
    }
    for (; at < stamp.headers.length && isBefore(stamp.headers[at], name); at += 1) {
      const [stamped = '', text = ''] = stamp.headers[at] ?? [];
      lines += `${stamped}:${canonicalValue(text)}\n`;
      names += `;${stamped}`;
    }
    // A host that the caller names takes the place of the URL's.
    if (stamp.headers[at]?.[0] === name) at += 1;
    lines += `${name}:${canonicalValue(value)}\n`;
    names += `;${name}`;
  }
  return {
    lines: lines + (stamp.linesFrom[at] ?? ''),
    names: (names + (stamp.namesFrom[at] ?? '')).slice(1),
  };
}

function isBefore(header: readonly [string, string] | undefined, name: string): boolean {
  return header !== undefined && header[0] < name;
}

/** Only spaces and tabs are folded: other white space is part of the value (RFC 9110 5.5). */
function canonicalValue(value: string): string {
  if (!value.includes(' ') && !value.includes('\t')) return value;
  return value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '');
}
