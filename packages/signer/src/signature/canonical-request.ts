import type { Credentials } from '../credentials/credentials.ts';
import { queryPairs, sortedQuery, type QueryPair } from '../request/url.ts';
import type { Target } from '../target/target.ts';
import type { ServiceRules } from '../target/service-rules.ts';
import type { SignatureInput } from './engine.ts';
import type { PreparedRequest } from './prepared-request.ts';
import type { SignedHeaders, Stamp } from './stamp.ts';
import type { Timestamp } from './timestamp.ts';

/**
 * A canonical request, and the parts of it for engines that make their own.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request
 */
export class CanonicalRequest implements SignatureInput {
  readonly canonicalRequest: string;
  readonly method: string;
  readonly path: string;
  readonly signedHeaders: string;
  readonly payloadHash: string;
  readonly rules: ServiceRules;
  readonly credentials: Credentials;
  readonly target: Target;
  readonly scope: string;
  readonly date: Timestamp;
  readonly #search: string;
  readonly #request: PreparedRequest;

  /**
   * @param search as it is sent, with a signature's own parameters
   * @param payloadHash of what is signed
   */
  constructor(
    request: PreparedRequest,
    search: string,
    { lines, names }: SignedHeaders,
    payloadHash: string,
    { placement, credentials, scope, date }: Stamp,
  ) {
    const { method, url } = request;
    const { rules } = placement;
    this.canonicalRequest = `${method}\n${canonicalPath(url.path, rules)}\n${sortedQuery(search)}\n${lines}\n${names}\n${payloadHash}`;
    this.method = method;
    this.path = url.path;
    this.signedHeaders = names;
    this.payloadHash = payloadHash;
    this.rules = rules;
    this.credentials = credentials;
    this.target = placement.target;
    this.scope = scope;
    this.date = date;
    this.#search = search;
    this.#request = request;
  }

  get query(): readonly QueryPair[] {
    return queryPairs(this.#search);
  }

  get headers(): readonly (readonly [name: string, value: string])[] {
    const { headers, host } = this.#request;
    return this.signedHeaders.split(';').map((name) => [name, headers[name] ?? host]);
  }
}

/** Dot segments are gone since the URL was parsed, and what is sent is encoded already. */
function canonicalPath(path: string, rules: ServiceRules): string {
  const normalized =
    rules.normalizesPath && path.includes('//') ? path.replace(/\/{2,}/g, '/') : path;
  return rules.encodesPathTwice && normalized.includes('%')
    ? normalized.replaceAll('%', '%25')
    : normalized;
}
