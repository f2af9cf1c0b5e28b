import type { QueryPair } from './canonical-url.ts';
import type { SignatureInput } from './engine.ts';

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request */
export function canonicalRequest({
  method,
  path,
  query,
  headers,
  signedHeaders,
  payloadHash,
  rules,
}: SignatureInput): string {
  let lines = '';
  for (const header of headers) lines += `${header[0]}:${canonicalValue(header[1])}\n`;
  return `${method}\n${canonicalPath(path, rules)}\n${canonicalQuery(query)}\n${lines}\n${signedHeaders}\n${payloadHash}`;
}

/** Dot segments are gone since the URL was parsed; what is sent is encoded already. */
function canonicalPath(path: string, rules: SignatureInput['rules']): string {
  const normalized =
    rules.normalizesPath && path.includes('//') ? path.replace(/\/{2,}/g, '/') : path;
  return rules.encodesPathTwice && normalized.includes('%')
    ? normalized.replaceAll('%', '%25')
    : normalized;
}

/** Sorted by name, then by value: sorting `name=value` would put `a-b=` before `a=`. */
function canonicalQuery(query: SignatureInput['query']): string {
  let text = '';
  for (const pair of query.length > 1 ? query.toSorted(byNameAndValue) : query) {
    if (text !== '') text += '&';
    text += `${pair[0]}=${pair[1] ?? ''}`;
  }
  return text;
}

function byNameAndValue(a: QueryPair, b: QueryPair): number {
  return compare(a[0], b[0]) || compare(a[1] ?? '', b[1] ?? '');
}

function compare(a: string, b: string): number {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}

/** Spaces and tabs only: other white space is part of the value (RFC 9110 5.5). */
function canonicalValue(value: string): string {
  if (!value.includes(' ') && !value.includes('\t')) return value;
  return value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '');
}
