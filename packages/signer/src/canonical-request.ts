import type { CanonicalUrl } from './canonical-url.ts';
import type { HeaderMap } from './request.ts';

/** What of a request goes into its signature. */
export interface CanonicalRequest {
  /** The whole text, whose hash is signed. */
  readonly text: string;
  /** The signed header names, sorted, joined by `;`. */
  readonly signedHeaders: string;
}

/** Signed whenever a request has them, beside `host` and `x-amz-*`. */
const ALWAYS_SIGNED: ReadonlySet<string> = new Set(['content-type', 'content-md5']);

/**
 * @param headers all that are sent, `host` included
 * @param alsoSigned names in lower case
 * @param payloadHash hexadecimal
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request
 */
export function canonicalRequest(
  method: string,
  url: CanonicalUrl,
  headers: HeaderMap,
  alsoSigned: ReadonlySet<string>,
  payloadHash: string,
): CanonicalRequest {
  const names: string[] = [];
  for (const name of headers.keys()) {
    if (isSigned(name) || alsoSigned.has(name)) names.push(name);
  }
  names.sort();
  const signedHeaders = names.join(';');
  let lines = '';
  for (const name of names) lines += `${name}:${canonicalValue(headers.get(name) as string)}\n`;
  return {
    text: `${method}\n${url.canonicalPath}\n${url.canonicalQuery}\n${lines}\n${signedHeaders}\n${payloadHash}`,
    signedHeaders,
  };
}

/** Few, since whatever is signed and changes on the way breaks the call. */
function isSigned(name: string): boolean {
  return name === 'host' || name.startsWith('x-amz-') || ALWAYS_SIGNED.has(name);
}

/** Spaces and tabs only: other white space is part of the value (RFC 9110 5.5). */
function canonicalValue(value: string): string {
  return value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '');
}
