import type { SignatureInput } from './engine.ts';

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request */
export function canonicalRequest({
  method,
  path,
  query,
  headers,
  payloadHash,
  rules,
}: SignatureInput): string {
  let lines = '';
  let names = '';
  for (const [name, value] of headers) {
    lines += `${name}:${canonicalValue(value)}\n`;
    names += names === '' ? name : `;${name}`;
  }
  return `${method}\n${canonicalPath(path, rules)}\n${canonicalQuery(query)}\n${lines}\n${names}\n${payloadHash}`;
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
  for (const [name, value] of query.length > 1 ? query.toSorted(byNameAndValue) : query) {
    text += text === '' ? `${name}=${value}` : `&${name}=${value}`;
  }
  return text;
}

type Pair = readonly [name: string, value: string];

function byNameAndValue([a, x]: Pair, [b, y]: Pair): number {
  return compare(a, b) || compare(x, y);
}

function compare(a: string, b: string): number {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}

/** Spaces and tabs only: other white space is part of the value (RFC 9110 5.5). */
function canonicalValue(value: string): string {
  return /^[ \t]|[ \t]$|[ \t]{2}|\t/.test(value)
    ? value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')
    : value;
}
