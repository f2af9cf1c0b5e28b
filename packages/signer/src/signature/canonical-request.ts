import { queryPairs, sortedQuery } from '../request/url.ts';
import type { ServiceRules } from '../target/service-rules.ts';
import type { SignatureInput } from './engine.ts';
import type { PreparedRequest } from './prepared-request.ts';
import type { SignedHeaders, Stamp } from './stamp.ts';

/**
 * The canonical request, and the parts of it for engines that make their own.
 *
 * @param search as it is sent, with a signature's own parameters
 * @param payloadHash of what is signed
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request
 */
export function signatureInput(
  { method, url: { path }, headers: sent, host }: PreparedRequest,
  search: string,
  { lines, names }: SignedHeaders,
  payloadHash: string,
  { placement: { target, rules }, credentials, scope, date }: Stamp,
): SignatureInput {
  return {
    method,
    path,
    get query() {
      return queryPairs(search);
    },
    get headers() {
      return names.split(';').map((name) => [name, sent[name] ?? host] as const);
    },
    signedHeaders: names,
    payloadHash,
    canonicalRequest: `${method}\n${canonicalPath(path, rules)}\n${sortedQuery(search)}\n${lines}\n${names}\n${payloadHash}`,
    rules,
    credentials,
    target,
    scope,
    date,
  };
}

/** Dot segments are gone since the URL was parsed, and what is sent is encoded already. */
function canonicalPath(path: string, rules: ServiceRules): string {
  const normalized =
    rules.normalizesPath && path.includes('//') ? path.replace(/\/{2,}/g, '/') : path;
  return rules.encodesPathTwice && normalized.includes('%')
    ? normalized.replaceAll('%', '%25')
    : normalized;
}
